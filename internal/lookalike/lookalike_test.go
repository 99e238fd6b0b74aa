package lookalike

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestNamesThatLookAlikeHaveOneSkeleton(t *testing.T) {
	for what, pair := range map[string][2]string{
		"composed and decomposed":     {"\u00dcbersetzer", "U\u0308bersetzer"},
		"Latin and Cyrillic":          {"paypal", "раураl"},
		"Latin and Greek":             {"orion", "οriοn"},
		"Latin and Armenian":          {"bot-o", "bot-օ"},
		"full-width letters":          {"model", "ｍｏｄｅｌ"},
		"mathematical letters":        {"model", "𝗆𝗈𝖽𝖾𝗅"},
		"an invisible joiner":         {"model", "mo\u200ddel"},
		"a variation selector":        {"model ☎", "model ☎\ufe0e"},
		"a ligature":                  {"office", "oﬃce"},
		"a hyphen and another hyphen": {"llm-v2", "llm‐v2"},
	} {
		require.Equal(t, Skeleton(pair[0]), Skeleton(pair[1]), what)
	}
}

func TestNamesThatDoNotLookAlikeHaveTwo(t *testing.T) {
	for _, pair := range [][2]string{
		{"llm-v1", "llm-v2"}, {"Übersetzer", "Ubersetzer"}, {"model", "Model"}, {"客服", "客户"}, {"Бот", "Bot2"},
	} {
		require.NotEqual(t, Skeleton(pair[0]), Skeleton(pair[1]), pair)
	}
}

func TestEachPairIsFoundOnce(t *testing.T) {
	var n Names
	require.Empty(t, n.Add("paypal"))
	require.Empty(t, n.Add("paypal"), "a name does not look like itself")
	require.Empty(t, n.Add("other"))
	require.Equal(t, []Pair{{"paypal", "раypal"}}, n.Add("раypal"))
	require.Equal(t, []Pair{{"paypal", "pаypal"}, {"раypal", "pаypal"}}, n.Add("pаypal"))
	require.Empty(t, n.Add("раypal"))
}
