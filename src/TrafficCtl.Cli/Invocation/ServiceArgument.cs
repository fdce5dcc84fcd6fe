using System.CommandLine;
using TrafficCtl.Cli.Printing;
using TrafficCtl.V1;

namespace TrafficCtl.Cli.Invocation;

/// <summary>A service's name; it may be left out where only one exists.</summary>
internal static class ServiceArgument
{
    /// <summary>Where nobody listens the answer is there at once; so long waits only who asks a daemon that hangs.</summary>
    private static readonly TimeSpan CompletionPatience = TimeSpan.FromSeconds(3);

    public static Argument<string?> AddTo(Command command, AskOptions ask)
    {
        var argument = new Argument<string?>("SERVICE")
        {
            Description = "The service, or SERVICE@ENVIRONMENT[/TARGET]; may be left out when there is only one",
            Arity = ArgumentArity.ZeroOrOne,
        };
        argument.CompletionSources.Add(context => NamesFor(context.ParseResult, ask));
        command.Arguments.Add(argument.RefuseOptions());
        return argument;
    }

    /// <summary>The one meant.</summary>
    /// <exception cref="Failure">None named, and not exactly one exists.</exception>
    public static async Task<string> ResolveAsync(string? named, AdminClient client, CancellationToken stop)
    {
        if (!string.IsNullOrEmpty(named)) return named;
        var all = await client.ListServicesAsync(stop);
        return all.Services.Count switch
        {
            1 => TargetName.Among(all.Services[0], all.Services),
            0 => throw new Failure(
                "no service is controlled", client.Address,
                "name one in a delivery file (run -f FILE), or annotate one on Kubernetes (trafficctl.io/enabled)"),
            _ => throw new Failure(
                "which service", string.Join(", ", all.Services.Select(s => TargetName.Among(s, all.Services))), "name one of them",
                ExitCodes.Usage),
        };
    }

    /// <summary>Names for the shell: none when no daemon answers at once.</summary>
    public static IEnumerable<string> NamesFor(ParseResult parse, AskOptions ask) => Shortest(KnownTo(parse, ask));

    private static IEnumerable<string> Shortest(IReadOnlyList<ServiceStatus> all) => all.Select(s => TargetName.Among(s, all));

    /// <summary>Services for the shell: none when no daemon answers at once.</summary>
    public static IReadOnlyList<ServiceStatus> KnownTo(ParseResult parse, AskOptions ask)
    {
        try
        {
            using var client = ask.ClientOf(parse);
            // A shell and its user wait in real time.
            using var patience = new CancellationTokenSource(CompletionPatience, TimeProvider.System);
            return client.ListServicesAsync(patience.Token).GetAwaiter().GetResult().Services;
        }
        catch (Exception e) when (e is Failure or OperationCanceledException)
        {
            return [];
        }
    }
}
