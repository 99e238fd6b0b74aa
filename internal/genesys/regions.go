package genesys

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
)

// regions lists the AWS regions that Genesys Cloud runs in and the domain of each.
var regions = []struct{ name, domain string }{
	{"us-east-1", "mypurecloud.com"},
	{"us-east-2", "use2.us-gov-pure.cloud"},
	{"us-west-2", "usw2.pure.cloud"},
	{"ca-central-1", "cac1.pure.cloud"},
	{"mx-central-1", "mxc1.pure.cloud"},
	{"sa-east-1", "sae1.pure.cloud"},
	{"eu-west-1", "mypurecloud.ie"},
	{"eu-west-2", "euw2.pure.cloud"},
	{"eu-central-1", "mypurecloud.de"},
	{"eu-central-2", "euc2.pure.cloud"},
	{"eusc-de-east-1", "edee1.eusc-pure.cloud"},
	{"me-central-1", "mec1.pure.cloud"},
	{"ap-south-1", "aps1.pure.cloud"},
	{"ap-southeast-1", "apse1.pure.cloud"},
	{"ap-southeast-2", "mypurecloud.com.au"},
	{"ap-northeast-1", "mypurecloud.jp"},
	{"ap-northeast-2", "apne2.pure.cloud"},
	{"ap-northeast-3", "apne3.pure.cloud"},
}

// RegionHosts returns the base URLs of the API and of the login service for an AWS region ("eu-west-1") or a Genesys
// Cloud domain ("mypurecloud.ie"), in any case of letters. An unknown one is an error that lists the known regions.
func RegionHosts(regionOrDomain string) (api, login string, err error) {
	wanted := strings.ToLower(strings.TrimSpace(regionOrDomain))
	for _, r := range regions {
		if wanted == r.name || wanted == r.domain {
			return "https://api." + r.domain, "https://login." + r.domain, nil
		}
	}
	var known []string
	for _, r := range regions {
		known = append(known, r.name)
	}
	slices.Sort(known)
	return "", "", fmt.Errorf("%q is no Genesys Cloud region or domain; the regions are %s",
		oneLine(regionOrDomain, 80), strings.Join(known, ", "))
}

// LoginHostFor returns the base URL of the login service that belongs to an API base URL: its host with `api.`
// replaced by `login.`. A host that does not begin with `api.` says nothing about its login service and is an error.
func LoginHostFor(apiBase string) (string, error) {
	u, err := url.Parse(apiBase)
	if err != nil || u.Host == "" {
		return "", fmt.Errorf("the API base URL is not an absolute URL such as https://api.mypurecloud.com")
	}
	domain, ok := strings.CutPrefix(strings.ToLower(u.Host), "api.")
	if !ok {
		return "", fmt.Errorf("no login host can be derived from %s, which does not begin with \"api.\"; set the "+
			"login host as well", oneLine(u.Host, 80))
	}
	return u.Scheme + "://login." + domain, nil
}
