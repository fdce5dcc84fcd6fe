using System.CommandLine;
using TrafficCtl.Cli.Completion;
using TrafficCtl.Cli.Printing;

namespace TrafficCtl.Cli.Commands;

internal static class CompletionCommand
{
    public static readonly CommandEntry Entry = new("completion", "Prints the completion script of a shell", Build);

    private static void Build(Command command, Surroundings surroundings)
    {
        var shell = new Argument<string>("SHELL") { Description = "bash, zsh or fish" };
        shell.AcceptOnlyFromAmong("bash", "zsh", "fish");
        command.Arguments.Add(shell);
        command.SetAction(parse =>
        {
            surroundings.Out.Lines(Scripts.ByShell[parse.GetRequiredValue(shell)]);
            return ExitCodes.Done;
        });
    }
}
