package codec_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	commonpb "go.temporal.io/api/common/v1"
	"go.temporal.io/sdk/converter"
	"google.golang.org/protobuf/proto"

	"model-registrar/internal/codec"
)

func payload(t testing.TB, value any) *commonpb.Payload {
	t.Helper()
	p, err := converter.GetDefaultDataConverter().ToPayload(value)
	require.NoError(t, err)
	return p
}

func encode(t testing.TB, k *codec.Keys, p *commonpb.Payload) *commonpb.Payload {
	t.Helper()
	out, err := k.PayloadCodec().Encode([]*commonpb.Payload{p})
	require.NoError(t, err)
	return out[0]
}

func decode(k *codec.Keys, p *commonpb.Payload) (*commonpb.Payload, error) {
	out, err := k.PayloadCodec().Decode([]*commonpb.Payload{p})
	if err != nil {
		return nil, err
	}
	return out[0], nil
}

func requireProblem(t testing.TB, problem codec.Problem, err error) {
	t.Helper()
	var e *codec.Error
	require.ErrorAs(t, err, &e)
	require.Equal(t, problem, e.Problem, err)
}

func TestWhatIsEncryptedIsReadWithTheKeyAlone(t *testing.T) {
	k := keys(t, entry("k1", 'a', 32))
	for _, value := range []any{"", "short", strings.Repeat("long ", 10_000), []byte{0, 1, 2}, nil, map[string]int{"a": 1}} {
		plain := payload(t, value)
		before := proto.Clone(plain)
		sealed := encode(t, k, plain)
		require.True(t, proto.Equal(before, plain), "what is given is not changed")
		require.Equal(t, "binary/encrypted", string(sealed.Metadata["encoding"]))
		require.Equal(t, "k1", string(sealed.Metadata["encryption-key-id"]))
		require.Len(t, sealed.Metadata, 2)

		back, err := decode(k, sealed)
		require.NoError(t, err)
		require.True(t, proto.Equal(plain, back))

		_, err = decode(keys(t, entry("k2", 'a', 32)), sealed)
		requireProblem(t, codec.UnknownKey, err)
		_, err = decode(keys(t), sealed)
		requireProblem(t, codec.UnknownKey, err)
		require.ErrorContains(t, err, "encrypted with key k1, which REGISTRAR_ENCRYPTION_KEYS does not hold")
		_, err = decode(keys(t, entry("k1", 'b', 32)), sealed)
		requireProblem(t, codec.Unreadable, err)
	}
}

func TestTheSamePayloadNeverLooksTheSameTwice(t *testing.T) {
	k := keys(t, entry("k1", 'a', 32))
	require.NotEqual(t, encode(t, k, payload(t, "same")).Data, encode(t, k, payload(t, "same")).Data)
}

func TestALargePayloadIsCompressedAndASmallOneIsNot(t *testing.T) {
	k := keys(t, entry("k1", 'a', 32))
	require.Less(t, len(encode(t, k, payload(t, strings.Repeat("a", 100_000))).Data), 1000)
	require.Len(t, encode(t, k, payload(t, "a")).Data, proto.Size(payload(t, "a"))+12+16) // nonce and tag
}

func TestAfterRotationWhatTheOldKeyEncryptedIsStillRead(t *testing.T) {
	old := encode(t, keys(t, entry("old", 'o', 32)), payload(t, "x"))
	rotated := keys(t, entry("new", 'n', 32), entry("old", 'o', 32))
	back, err := decode(rotated, old)
	require.NoError(t, err)
	require.True(t, proto.Equal(payload(t, "x"), back))
	require.Equal(t, "new", string(encode(t, rotated, payload(t, "x")).Metadata["encryption-key-id"]))
}

func TestPayloadsThatAreNotEncryptedPassAsTheyAre(t *testing.T) {
	for _, k := range []*codec.Keys{keys(t, entry("k1", 'a', 32)), keys(t), nil} {
		for _, p := range []*commonpb.Payload{payload(t, "x"), {}, {Data: []byte("binary/encrypted")},
			{Metadata: map[string][]byte{"encoding": []byte("binary/zlib")}, Data: []byte("no zlib")}} {
			back, err := decode(k, p)
			require.NoError(t, err)
			require.Same(t, p, back)
		}
	}
}

func TestWithoutKeysNothingIsEncrypted(t *testing.T) {
	p := payload(t, "x")
	require.Same(t, p, encode(t, keys(t), p))
}

func TestEveryChangeOfAnEncryptedPayloadIsNoticed(t *testing.T) {
	k := keys(t, entry("k1", 'a', 32), entry("k2", 'b', 32))
	sealed := encode(t, k, payload(t, "the value"))
	for i := range sealed.Data {
		changed := proto.Clone(sealed).(*commonpb.Payload)
		changed.Data[i] ^= 1
		_, err := decode(k, changed)
		requireProblem(t, codec.Unreadable, err)
		changed.Data = sealed.Data[:i]
		_, err = decode(k, changed)
		requireProblem(t, codec.Unreadable, err)
	}
	other := proto.Clone(sealed).(*commonpb.Payload)
	other.Metadata["encryption-key-id"] = []byte("k2")
	_, err := decode(k, other)
	requireProblem(t, codec.Unreadable, err)
}

func TestTheKeysIDIsAuthenticated(t *testing.T) {
	sealed := encode(t, keys(t, entry("k1", 'a', 32)), payload(t, "x"))
	sealed.Metadata["encryption-key-id"] = []byte("renamed")
	_, err := decode(keys(t, entry("renamed", 'a', 32)), sealed) // the very same key
	requireProblem(t, codec.Unreadable, err)
}

func TestAKeyIDFromOutsideIsShownOnlyIfItIsOne(t *testing.T) {
	for _, id := range []string{"", "a b", "\x1b[31m", strings.Repeat("x", 33)} {
		_, err := decode(keys(t, entry("k1", 'a', 32)), &commonpb.Payload{Metadata: map[string][]byte{
			"encoding": []byte("binary/encrypted"), "encryption-key-id": []byte(id)}})
		requireProblem(t, codec.UnknownKey, err)
		require.NotContains(t, err.Error(), "key "+id+",")
	}
}

func TestWhatIsTooLargeIsNeitherEncryptedNorInflated(t *testing.T) {
	k := keys(t, entry("k1", 'a', 32))
	_, err := k.PayloadCodec().Encode([]*commonpb.Payload{{Data: make([]byte, 16<<20+1)}})
	requireProblem(t, codec.TooLarge, err)
	_, err = decode(k, &commonpb.Payload{Data: make([]byte, 17<<20), Metadata: map[string][]byte{
		"encoding": []byte("binary/encrypted"), "encryption-key-id": []byte("k1")}})
	requireProblem(t, codec.TooLarge, err)

	bomb, err := converter.NewZlibCodec(converter.ZlibCodecOptions{}).Encode([]*commonpb.Payload{{Data: make([]byte, 64<<20)}})
	require.NoError(t, err)
	_, err = decode(k, encode(t, k, bomb[0])) // somebody with the key made a bomb
	require.NoError(t, err, "an inner encoding is not ours to undo")
	_, err = decode(k, codec.SealForTest(k, bomb[0]))
	requireProblem(t, codec.TooLarge, err)
	_, err = decode(k, codec.SealForTest(k, &commonpb.Payload{Metadata: bomb[0].Metadata, Data: bomb[0].Data[:100]}))
	requireProblem(t, codec.Unreadable, err)
}

func FuzzDecode(f *testing.F) {
	k := keys(&testing.T{}, entry("k1", 'a', 32))
	plain := payload(f, strings.Repeat("value", 100))
	sealed := encode(f, k, plain)
	f.Add("binary/encrypted", "k1", sealed.Data)
	f.Add("binary/encrypted", "k2", sealed.Data)
	f.Add("binary/encrypted", "k1", []byte{})
	f.Add("json/plain", "", []byte(`"x"`))
	f.Fuzz(func(t *testing.T, encoding, id string, data []byte) {
		p := &commonpb.Payload{Metadata: map[string][]byte{"encoding": []byte(encoding), "encryption-key-id": []byte(id)}, Data: data}
		back, err := decode(k, p)
		switch {
		case encoding != "binary/encrypted":
			require.NoError(t, err)
			require.Same(t, p, back)
		case err == nil: // nothing but what the seed holds was ever encrypted with this key
			require.Equal(t, "k1", id)
			require.True(t, proto.Equal(plain, back))
		default:
			var e *codec.Error
			require.ErrorAs(t, err, &e)
		}
		// What was sealed with the key but is no payload, or no zlib, is told as well.
		if back, err = decode(k, codec.SealForTest(k, p)); err != nil {
			var e *codec.Error
			require.ErrorAs(t, err, &e)
			return
		}
		require.NotNil(t, back)
	})
}
