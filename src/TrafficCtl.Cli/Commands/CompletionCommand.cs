using System.CommandLine;
using TrafficCtl.Cli.Completion;
using TrafficCtl.Cli.Invocation;
using TrafficCtl.Cli.Printing;
using TrafficCtl.V1;

namespace TrafficCtl.Cli.Commands;

internal static class CompletionCommand
{
    public static readonly CommandEntry Entry = new("completion", "Prints the completion script of a shell", Build);

    private static void Build(Command command, Surroundings surroundings)
    {
        var shell = new Argument<string>("SHELL") { Description = "bash, zsh or fish" };
        shell.AcceptOnlyFromAmong("bash", "zsh", "fish");
        var output = AskOptions.OutputOption();
        command.Arguments.Add(shell);
        command.Options.Add(output);
        command.SetAction(parse =>
        {
            var named = parse.GetRequiredValue(shell);
            var script = Scripts.ByShell[named];
            if (parse.GetValue(output) == "json") surroundings.Out.WriteJson(new CompletionResponse { Shell = named, Script = script });
            else surroundings.Out.Lines(script);
            return ExitCodes.Done;
        });
    }
}
