using System.CommandLine;
using System.Globalization;
using TrafficCtl.Cli.Printing;
using TrafficCtl.Daemon.Texts;
using TrafficCtl.V1;

namespace TrafficCtl.Cli.Invocation;

/// <summary>What all wishes share: a reason, the sending, and the engine's answer as the exit code.</summary>
internal sealed class WishAction
{
    private const string Abort = "abort";
    private const int LongestKey = 128;

    private readonly Surroundings surroundings;
    private readonly AskOptions ask;
    private readonly Option<string> reason;

    private readonly Option<string> key = new Option<string>("--idempotency-key")
    {
        Description = "Names the wish: sent again under the same key, it is not made again and gets the first answer [default: a new one]",
        HelpName = "KEY",
    }.RefuseLongerThan(LongestKey);

    private readonly Option<long?> generation = new("--expected-generation")
    {
        Description = "The generation of a status: the wish is refused when anything was decided since then",
        HelpName = "N",
        CustomParser = static result =>
        {
            if (long.TryParse(result.Tokens[0].Value, NumberStyles.None, CultureInfo.InvariantCulture, out var number)) return number;
            result.AddError($"--expected-generation is the generation of a status, 0 or more, not \"{result.Tokens[0].Value}\"");
            return null;
        },
    };

    private WishAction(Surroundings surroundings, AskOptions ask, Option<string> reason) =>
        (this.surroundings, this.ask, this.reason) = (surroundings, ask, reason);

    public AskOptions Ask => ask;

    public static WishAction AddTo(Command command, Surroundings surroundings)
    {
        var action = new WishAction(
            surroundings,
            AskOptions.AddTo(command, surroundings),
            new Option<string>("--reason")
            {
                Description = "Why, in your words, on one line: it is recorded with your name",
                HelpName = "TEXT",
            }.RefuseLongerThan(TextLimits.Reason));
        command.Options.Add(action.reason);
        command.Options.Add(action.key);
        command.Options.Add(action.generation);
        return action;
    }

    /// <summary>The key that was given; empty for none.</summary>
    public string KeyOf(ParseResult parse) => parse.GetValue(key) ?? "";

    /// <summary>Sends an order about a pipeline, with the reason of this command line.</summary>
    public async Task<int> OrderAsync(
        ParseResult parse, AdminClient client, MakeOrderRequest request, string name, CancellationToken stop)
    {
        (request.Who, request.Reason) = (surroundings.User, parse.GetValue(reason) ?? "");
        return OrderAction.Print(
            await client.Pipelines.OrderAsync(request, stop), request.Kind, name, ask.IsJson(parse), surroundings.Out);
    }

    /// <summary>For a wish that is only a kind and a service.</summary>
    public static void Build(Command command, Surroundings surroundings, string kind)
    {
        var wish = AddTo(command, surroundings);
        var service = ServiceArgument.AddTo(command, wish.Ask);
        command.SetAction((parse, stop) => wish.SendAsync(parse, parse.GetValue(service), kind, "", stop));
    }

    /// <param name="parse">The command line.</param>
    /// <param name="service">As it was named; null for the only one.</param>
    /// <param name="kind">The kind of the wish.</param>
    /// <param name="version">The version of a publish; else empty.</param>
    /// <param name="stop">Ends the waiting.</param>
    /// <param name="complete">Adds what only this kind of wish has.</param>
    public async Task<int> SendAsync(
        ParseResult parse, string? service, string kind, string version, CancellationToken stop, Action<MakeWishRequest>? complete = null)
    {
        using var client = ask.ClientOf(parse);
        var named = await ServiceArgument.ResolveAsync(service, client, stop);
        var wish = new MakeWishRequest
        {
            Kind = kind,
            Version = version,
            Who = surroundings.User,
            Reason = parse.GetValue(reason) ?? "",
            // An abort is carried out again without harm, and waits for no journal in which a key is looked up.
            IdempotencyKey = parse.GetValue(key) ?? (kind == Abort ? "" : Guid.NewGuid().ToString("N")),
        };
        if (parse.GetValue(generation) is { } expected) wish.ExpectedGeneration = expected;
        complete?.Invoke(wish);
        var answer = await client.WishAsync(named, wish, stop);
        if (ask.IsJson(parse)) surroundings.Out.WriteJson(answer);
        if (!answer.Answered)
            throw new Failure(
                "no answer yet", named, $"the {kind} is recorded and will be handled: see \"{Product.Name} history {named}\"");
        if (!answer.Accepted) throw new Failure($"{kind} refused", named, answer.Answer);
        if (!ask.IsJson(parse)) surroundings.Out.WriteLine($"{named}: {answer.Answer}");
        if (answer.Warning.Length > 0) surroundings.Error.WriteLine($"{Product.Name}: warning: {named}: {answer.Warning}");
        return ExitCodes.Done;
    }
}
