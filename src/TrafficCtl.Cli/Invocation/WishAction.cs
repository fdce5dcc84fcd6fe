using System.CommandLine;
using TrafficCtl.Cli.Printing;
using TrafficCtl.Daemon.Texts;
using TrafficCtl.V1;

namespace TrafficCtl.Cli.Invocation;

/// <summary>What all wishes share: a reason, the sending, and the engine's answer as the exit code.</summary>
internal sealed class WishAction
{
    private readonly Surroundings surroundings;
    private readonly AskOptions ask;
    private readonly Option<string> reason;

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
        return action;
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
        var request = new MakeWishRequest
        {
            Service = TargetName.ServiceOf(named),
            Kind = kind,
            Version = version,
            Who = surroundings.User,
            Reason = parse.GetValue(reason) ?? "",
        };
        complete?.Invoke(request);
        var answer = await client.WishAsync(named, request, stop);
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
