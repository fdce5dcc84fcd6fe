using System.CommandLine;
using System.CommandLine.Completions;
using TrafficCtl.Cli.Invocation;
using TrafficCtl.Cli.Printing;
using TrafficCtl.V1;

namespace TrafficCtl.Cli.Commands;

internal static class PublishCommand
{
    public static readonly CommandEntry Entry = new("publish", "Begins to take a version in", Build);

    private static void Build(Command command, Surroundings surroundings)
    {
        var wish = WishAction.AddTo(command, surroundings);
        var words = new Argument<string[]>("[SERVICE] VERSION")
        {
            Description = "The service (may be left out when there is only one) and its version",
            Arity = new ArgumentArity(1, 2),
        };
        words.CompletionSources.Add(context => Candidates(context, words, wish.Ask));
        command.Arguments.Add(words.RefuseOptions());
        command.SetAction((parse, stop) =>
        {
            var given = parse.GetRequiredValue(words);
            return wish.SendAsync(parse, given.Length > 1 ? given[0] : null, "publish", given[^1], stop);
        });
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
