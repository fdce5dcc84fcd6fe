using System.Collections.Immutable;
using TrafficCtl.Cli.Commands;
using TrafficCtl.Cli.Invocation;

namespace TrafficCtl.Cli.Tests;

/// <summary>One run of the program in this process: what it printed and how it ended.</summary>
internal sealed record Run(int ExitCode, string Out, string Error)
{
    public static Task<Run> OfAsync(params string[] args) => InAsync(static _ => null, args);

    /// <param name="admin">What TRAFFICCTL_ADMIN says; null for nothing.</param>
    public static Task<Run> OfAsync(string? admin, string[] args, bool isTerminal = false, CancellationToken stop = default) =>
        InAsync(name => name == AskOptions.AdminVariable ? admin : null, args, isTerminal, stop: stop);

    /// <summary>With other commands than those of this version.</summary>
    public static Task<Run> OfAsync(ImmutableArray<CommandEntry> commands, params string[] args) =>
        InAsync(static _ => null, args, commands: commands);

    /// <param name="variable">The environment.</param>
    public static async Task<Run> InAsync(
        Func<string, string?> variable, string[] args, bool isTerminal = false, ImmutableArray<CommandEntry>? commands = null,
        CancellationToken stop = default)
    {
        using var output = new StringWriter { NewLine = "\n" };
        using var error = new StringWriter { NewLine = "\n" };
        var surroundings = new Surroundings(
            output, error, isTerminal, static () => (100, 40), variable, "ana", TimeProvider.System);
        var exit = await App.RunAsync(args, commands ?? CommandList.All, surroundings, stop);
        return new Run(exit, output.ToString(), error.ToString());
    }
}
