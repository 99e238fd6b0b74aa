package schemas

import (
	"reflect"
	"slices"
	"strings"
)

// sentToGateway are the manifest's keys that the payload is built from.
var sentToGateway = []string{
	"name", "endpoint_url", "auth_credential_id", "model_architecture", "max_requests_per_minute",
	"max_tokens_per_minute", "parameters", "webhook_callback_url",
}

// ChangedSettings returns the keys of a manifest that differ and do not reach the gateway, such as probe, in the
// manifest's order.
func ChangedSettings(old, new Manifest) (keys []string) {
	a, b := reflect.ValueOf(old), reflect.ValueOf(new)
	for i := range a.NumField() {
		key, _, _ := strings.Cut(a.Type().Field(i).Tag.Get("json"), ",")
		if slices.Contains(sentToGateway, key) || reflect.DeepEqual(a.Field(i).Interface(), b.Field(i).Interface()) {
			continue
		}
		keys = append(keys, key)
	}
	return keys
}
