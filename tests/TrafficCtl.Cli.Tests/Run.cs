namespace TrafficCtl.Cli.Tests;

/// <summary>One run of the program in this process: what it printed and how it ended.</summary>
internal sealed record Run(int ExitCode, string Out, string Error)
{
    public static async Task<Run> OfAsync(params string[] args) => await OfAsync(null, args);

    /// <param name="admin">What TRAFFICCTL_ADMIN says; null for nothing.</param>
    public static async Task<Run> OfAsync(string? admin, string[] args, bool isTerminal = false, CancellationToken stop = default)
    {
        using var output = new StringWriter { NewLine = "\n" };
        using var error = new StringWriter { NewLine = "\n" };
        var surroundings = new Surroundings(
            output, error, isTerminal, static () => (100, 40), name => name == AskOptions.AdminVariable ? admin : null, "ana", TimeProvider.System);
        var exit = await App.RunAsync(args, surroundings, stop);
        return new Run(exit, output.ToString(), error.ToString());
    }
}
