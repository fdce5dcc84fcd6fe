using System.CommandLine;
using TrafficCtl.Cli.Printing;
using TrafficCtl.V1;

namespace TrafficCtl.Cli.Invocation;

/// <summary>Arguments that name a pipeline, an environment of it, or a version.</summary>
internal static class PipelineArguments
{
    /// <summary>As in <see cref="ServiceArgument"/>.</summary>
    private static readonly TimeSpan CompletionPatience = TimeSpan.FromSeconds(3);

    public static Argument<string?> AddService(Command command, AskOptions ask)
    {
        var argument = new Argument<string?>("SERVICE")
        {
            Description = "The service; may be left out when there is only one pipeline",
            Arity = ArgumentArity.ZeroOrOne,
        };
        argument.CompletionSources.Add(context => KnownTo(context.ParseResult, ask).Select(static p => p.Service));
        command.Arguments.Add(argument.RefuseOptions());
        return argument;
    }

    /// <summary>SERVICE@ENVIRONMENT.</summary>
    public static Argument<string> AddPlace(Command command, AskOptions ask)
    {
        var argument = new Argument<string>("SERVICE@ENVIRONMENT") { Description = "The service, and where" };
        argument.CompletionSources.Add(context => KnownTo(context.ParseResult, ask)
            .SelectMany(static p => p.Environments.Select(e => $"{p.Service}@{e.Environment}")));
        command.Arguments.Add(argument.RefuseOptions());
        return argument;
    }

    public static Argument<string?> AddVersion(Command command, AskOptions ask, bool isNeeded, string description)
    {
        var argument = new Argument<string?>("VERSION")
        {
            Description = description,
            Arity = isNeeded ? ArgumentArity.ExactlyOne : ArgumentArity.ZeroOrOne,
        };
        argument.CompletionSources.Add(context =>
        {
            var words = context.ParseResult.Tokens.Select(static t => t.Value).ToList();
            return KnownTo(context.ParseResult, ask).Where(p => words.Exists(w => TargetName.ServiceOf(w) == p.Service))
                .SelectMany(static p => p.Versions.Select(static v => v.Version));
        });
        command.Arguments.Add(argument.RefuseOptions());
        return argument;
    }

    /// <summary>The service and the environment of a name that has both.</summary>
    /// <exception cref="Failure">One is missing.</exception>
    public static (string Service, string Environment) PlaceOf(string name)
    {
        var (service, environment, target) = TargetName.PartsOf(name);
        if (TargetName.IsWhole(name) && environment.Length > 0 && target.Length == 0) return (service, environment);
        throw new Failure("which environment", name, "write SERVICE@ENVIRONMENT", ExitCodes.Usage);
    }

    /// <summary>The pipeline meant: the only one, where none is named.</summary>
    /// <exception cref="Failure">None named, and not exactly one exists.</exception>
    public static async Task<string> ResolveAsync(string? named, AdminClient client, CancellationToken stop)
    {
        if (!string.IsNullOrEmpty(named)) return TargetName.ServiceOf(named);
        var all = (await client.Pipelines.ListAsync(stop)).Pipelines.Select(static p => p.Service).ToList();
        return all.Count switch
        {
            1 => all[0],
            0 => throw new Failure("no pipeline", client.Address, "declare one by the environments of a delivery file (run -f FILE)"),
            _ => throw new Failure("which service", string.Join(", ", all), "name one of them", ExitCodes.Usage),
        };
    }

    /// <summary>Pipelines for the shell: none when no daemon answers at once.</summary>
    public static IReadOnlyList<PipelineStatus> KnownTo(ParseResult parse, AskOptions ask)
    {
        try
        {
            using var client = ask.ClientOf(parse);
            using var patience = new CancellationTokenSource(CompletionPatience, TimeProvider.System);
            return client.Pipelines.ListAsync(patience.Token).GetAwaiter().GetResult().Pipelines;
        }
        catch (Exception e) when (e is Failure or OperationCanceledException)
        {
            return [];
        }
    }
}
