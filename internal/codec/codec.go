package codec

import (
	"bytes"
	"compress/zlib"
	"io"

	commonpb "go.temporal.io/api/common/v1"
	"go.temporal.io/sdk/converter"
	"google.golang.org/protobuf/proto"
)

const (
	// encrypted and keyIDField are the convention of Temporal's samples, which other tools know as well.
	encrypted  = "binary/encrypted"
	keyIDField = "encryption-key-id"
	zlibbed    = "binary/zlib"

	// maxSize bounds a payload before compression, so that a small one cannot fill the memory. Temporal's own limit is
	// 2 MiB, or what the operator has raised it to.
	maxSize = 16 << 20
)

// PayloadCodec compresses payloads where that makes them smaller, and encrypts them with the first key: AES-256-GCM
// with a random nonce; the key's id and the place where the payload belongs are authenticated. This codec knows no
// place and decodes payloads of each, as the codec server has to; those that are not encrypted pass Decode as they are.
// Without keys it encodes nothing.
func (k *Keys) PayloadCodec() converter.PayloadCodec { return payloadCodec{Keys: k} }

// IsEncrypted reports whether a payload is encrypted, with whichever key.
func IsEncrypted(p *commonpb.Payload) bool {
	return string(p.GetMetadata()[converter.MetadataEncoding]) == encrypted
}

// payloadCodec encodes and decodes for one place.
type payloadCodec struct {
	*Keys
	at binding
	// strict refuses what is not encrypted, or not bound.
	strict bool
	// read hears where each payload that was decoded belongs; it may be nil.
	read func(binding)
}

var compressor = converter.NewZlibCodec(converter.ZlibCodecOptions{})

// Encode encrypts payloads. It does not change what it is given.
func (c payloadCodec) Encode(payloads []*commonpb.Payload) ([]*commonpb.Payload, error) {
	if !c.On() {
		return payloads, nil
	}
	out := make([]*commonpb.Payload, len(payloads))
	for i, p := range payloads {
		var err error
		if out[i], err = c.encrypt(p); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// Decode decrypts payloads that are encrypted. Its error is an [Error] for those that cannot be.
func (c payloadCodec) Decode(payloads []*commonpb.Payload) ([]*commonpb.Payload, error) {
	out := make([]*commonpb.Payload, len(payloads))
	for i, p := range payloads {
		out[i] = p
		if !IsEncrypted(p) {
			if c.strict {
				return nil, &Error{NotEncrypted, ""}
			}
			continue
		}
		var err error
		if out[i], err = c.decrypt(p); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func (c payloadCodec) encrypt(p *commonpb.Payload) (*commonpb.Payload, error) {
	id := c.ids[0]
	if proto.Size(p) > maxSize {
		return nil, &Error{TooLarge, id}
	}
	compressed, err := compressor.Encode([]*commonpb.Payload{p})
	if err != nil {
		return nil, err
	}
	plain, err := proto.Marshal(compressed[0])
	if err != nil {
		return nil, err
	}
	out := &commonpb.Payload{Metadata: map[string][]byte{converter.MetadataEncoding: []byte(encrypted),
		keyIDField: []byte(id)}}
	if c.at.known() {
		out.Metadata[bindingField] = c.at.text()
	}
	out.Data = c.aead[id].Seal(nil, nil, plain, authenticated(id, out.Metadata[bindingField]))
	return out, nil
}

func (c payloadCodec) decrypt(p *commonpb.Payload) (*commonpb.Payload, error) {
	id := string(p.GetMetadata()[keyIDField])
	if !keyID.MatchString(id) {
		return nil, &Error{UnknownKey, ""}
	}
	aead, known := c.lookup(id)
	switch {
	case !known:
		return nil, &Error{UnknownKey, id}
	case len(p.GetData()) > maxSize+1024:
		return nil, &Error{TooLarge, id}
	}
	plain, err := aead.Open(nil, nil, p.GetData(), authenticated(id, p.GetMetadata()[bindingField]))
	if err != nil {
		return nil, &Error{Unreadable, id}
	}
	bound, ok, err := boundTo(p)
	switch {
	case err != nil, ok && c.at.known() && !c.at.takes(bound):
		return nil, &Error{Misplaced, id}
	case !ok && c.strict:
		return nil, &Error{Unbound, id}
	}
	if c.read != nil {
		c.read(bound)
	}
	out := &commonpb.Payload{}
	if err := proto.Unmarshal(plain, out); err != nil {
		return nil, &Error{Unreadable, id}
	}
	if string(out.GetMetadata()[converter.MetadataEncoding]) != zlibbed {
		return out, nil
	}
	return inflate(out.GetData(), id)
}

// authenticated is what is authenticated beside the data: the scheme, the key's id and where the payload belongs.
func authenticated(id string, binding []byte) []byte {
	if len(binding) == 0 {
		return []byte(encrypted + " " + id)
	}
	return append([]byte(encrypted+" "+id+" "), binding...)
}

// inflate undoes the compressor, within bounds.
func inflate(data []byte, id string) (*commonpb.Payload, error) {
	r, err := zlib.NewReader(bytes.NewReader(data))
	if err != nil {
		return nil, &Error{Unreadable, id}
	}
	plain, err := io.ReadAll(io.LimitReader(r, maxSize+1))
	out := &commonpb.Payload{}
	switch {
	case err != nil:
		return nil, &Error{Unreadable, id}
	case len(plain) > maxSize:
		return nil, &Error{TooLarge, id}
	case proto.Unmarshal(plain, out) != nil:
		return nil, &Error{Unreadable, id}
	}
	return out, nil
}
