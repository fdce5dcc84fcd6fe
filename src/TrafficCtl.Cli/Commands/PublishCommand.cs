using System.CommandLine;

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
        words.CompletionSources.Add(context => ServiceArgument.NamesFor(context.ParseResult, wish.Ask));
        command.Arguments.Add(words.RefuseOptions());
        command.SetAction((parse, stop) =>
        {
            var given = parse.GetRequiredValue(words);
            return wish.SendAsync(parse, given.Length > 1 ? given[0] : null, "publish", given[^1], stop);
        });
    }
}
