using System.CommandLine;
using System.CommandLine.Completions;
using TrafficCtl.Cli.Invocation;
using TrafficCtl.Cli.Printing;
using TrafficCtl.V1;

namespace TrafficCtl.Cli.Commands;

internal static class PublishCommand
{
    public static readonly CommandEntry Entry = new("publish", "Takes a version in, or records one for a pipeline", Build);

    private static void Build(Command command, Surroundings surroundings)
    {
        var wish = WishAction.AddTo(command, surroundings);
        var publication = PublicationOptions.AddTo(command);
        var words = new Argument<string[]>("[SERVICE] VERSION")
        {
            Description = "The service (may be left out when there is only one) and its version",
            Arity = new ArgumentArity(1, 2),
        };
        words.CompletionSources.Add(context => Candidates(context, words, wish.Ask));
        command.Arguments.Add(words.RefuseOptions());
        command.SetAction(async (parse, stop) =>
        {
            var given = parse.GetRequiredValue(words);
            var (service, version) = (given.Length > 1 ? given[0] : null, given[^1]);
            return publication.Read(parse, wish, version, surroundings.User) is { } request
                ? await RecordAsync(parse, wish.Ask, service, request, surroundings, stop)
                : await wish.SendAsync(parse, service, "publish", version, stop);
        });
    }

    private static async Task<int> RecordAsync(
        ParseResult parse, AskOptions ask, string? service, PublishRequest request, Surroundings surroundings, CancellationToken stop)
    {
        using var client = ask.ClientOf(parse);
        request.Service = TargetName.ServiceOf(await ServiceArgument.ResolveAsync(service, client, stop));
        var answer = await client.PublishAsync(request, stop);
        if (ask.IsJson(parse)) surroundings.Out.WriteJson(answer);
        else surroundings.Out.WriteLine($"{request.Service}: {request.Version} {(answer.Known ? "was published before" : "is published")}");
        return ExitCodes.Done;
    }

    /// <summary>After a service its versions; before it the services, and the versions where there is only one service.</summary>
    private static IEnumerable<string> Candidates(CompletionContext context, Argument<string[]> words, AskOptions ask)
    {
        var services = ServiceArgument.KnownTo(context.ParseResult, ask);
        var given = context.ParseResult.GetResult(words)?.Tokens.Select(static t => t.Value).ToList() ?? [];
        if (given.Count > 0 && given[^1] == context.WordToComplete) given.RemoveAt(given.Count - 1);
        return given switch
        {
            [] => services.Select(s => TargetName.Among(s, services)).Concat(services.Count == 1 ? Publishable(services[0]) : []),
            [var named] => services.FirstOrDefault(s => s.Service == named || TargetName.Of(s) == named) is { } service
                ? Publishable(service)
                : [],
            _ => [],
        };
    }

    /// <summary>Neither what serves nor what is being taken in.</summary>
    private static IEnumerable<string> Publishable(ServiceStatus service) =>
        service.Versions.Where(v => v != service.LastGood && v != service.Rollout?.Candidate);
}
