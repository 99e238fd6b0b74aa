package main

import (
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"model-registrar/internal/build"
	"model-registrar/internal/config"
)

const (
	outputText = "text"
	outputJSON = "json"
)

const manual = `Register LLM endpoints in the Genesys Cloud LLM Gateway, durably.

A registration is a Temporal workflow: it validates the manifest, submits it,
waits for the Genesys job, probes the endpoint, waits for approval if asked to,
has the gateway check the model, and announces and audits the ending. If it does
not complete, the model is removed again. It goes on whatever happens to this
command.

Exit codes: 0 done, and COMPLETED; 1 failed; 2 wrong usage or an invalid
manifest; 3 rejected, rolled back or cancelled; 4 Temporal cannot be reached;
130 interrupted, or --timeout is up (what was started goes on).

Environment: TEMPORAL_ADDRESS, TEMPORAL_NAMESPACE, TEMPORAL_PROFILE,
TEMPORAL_API_KEY, TEMPORAL_TLS_* as for other Temporal tools;
REGISTRAR_TASK_QUEUE, REGISTRAR_REQUESTER, REGISTRAR_SIGNING_KEY,
REGISTRAR_UI_URL, REGISTRAR_LOG_LEVEL (default warn), REGISTRAR_LOG_FORMAT (json
or console), REGISTRAR_ENCRYPTION_KEYS (or REGISTRAR_ENCRYPTION_KEYS_FILE);
NO_COLOR.`

func rootCommand(a *app) *cobra.Command {
	root := &cobra.Command{
		Use: "starter", Short: "Register LLM endpoints in the Genesys Cloud LLM Gateway, durably", Long: manual,
		Version: build.Version(), SilenceErrors: true, SilenceUsage: true,
		RunE: onlyHelps("no command given"),
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return nil
			}
			text := fmt.Sprintf("unknown command %q", args[0])
			if like := cmd.SuggestionsFor(args[0]); len(like) > 0 {
				text += "; did you mean " + strings.Join(like, " or ") + "?"
			}
			return errors.New(text)
		},
		PersistentPreRunE: func(*cobra.Command, []string) error {
			if err := errors.Join(config.Unknown(a.env)...); err != nil {
				return misused("%w", err)
			}
			return nil
		},
		SuggestionsMinimumDistance: 2,
	}
	root.SetHelpCommand(helpCommand(root))
	root.SetUsageTemplate(strings.ReplaceAll(root.UsageTemplate(), ".FlagUsages", ".FlagUsagesWrapped 80"))
	root.SetVersionTemplate("{{.DisplayName}} {{.Version}}\n")
	a.output = outputText
	root.PersistentFlags().VarP(oneOf(&a.output, outputText, outputJSON), "output", "o",
		"text, or json: one document per line on stdout")
	for _, command := range []func(*app) *cobra.Command{
		registerCommand, changeCommand, adoptCommand, retireCommand, planCommand, applyCommand, modelsCommand,
		showCommand, exportCommand, checkCommand, pauseChecksCommand, resumeChecksCommand, fleetCommand,
		approveCommand, rejectCommand, statusCommand, watchCommand, cancelCommand, listCommand, validateCommand,
		probeCommand, schemaCommand, setupCommand, auditCommand, webhookCommand, codecServerCommand, versionCommand,
	} {
		root.AddCommand(command(a))
	}
	root.AddCommand(formerSpellings(a)...)
	return root
}

// helpCommand is cobra's, except that a topic that does not exist is wrong usage.
func helpCommand(root *cobra.Command) *cobra.Command {
	return &cobra.Command{
		Use: "help [command]", Short: "Help about any command",
		PersistentPreRun: func(*cobra.Command, []string) {}, // help is given whatever the environment holds
		RunE: func(_ *cobra.Command, args []string) error {
			cmd, rest, err := root.Find(args)
			if err != nil {
				return err
			}
			if len(rest) > 0 {
				return fmt.Errorf("unknown command %q for %q", rest[0], cmd.CommandPath())
			}
			return cmd.Help()
		},
	}
}
