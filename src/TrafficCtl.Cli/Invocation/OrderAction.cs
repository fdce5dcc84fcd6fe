using System.CommandLine;
using TrafficCtl.Daemon.Texts;
using TrafficCtl.V1;

namespace TrafficCtl.Cli.Invocation;

/// <summary>What all orders about pipelines share: a reason, the sending, and the answer as the exit code.</summary>
internal sealed class OrderAction
{
    private readonly Surroundings surroundings;

    private readonly Option<string> reason = new Option<string>("--reason")
    {
        Description = "Why, in your words, on one line: it is recorded with your name",
        HelpName = "TEXT",
    }.RefuseLongerThan(TextLimits.Reason);

    private OrderAction(Surroundings surroundings, AskOptions ask) => (this.surroundings, Ask) = (surroundings, ask);

    public AskOptions Ask { get; }

    public static OrderAction AddTo(Command command, Surroundings surroundings)
    {
        var action = new OrderAction(surroundings, AskOptions.AddTo(command, surroundings));
        command.Options.Add(action.reason);
        return action;
    }

    /// <summary>For an order that is only a kind and a place.</summary>
    public static void BuildOfPlace(Command command, Surroundings surroundings, string kind)
    {
        var order = AddTo(command, surroundings);
        var place = PipelineArguments.AddPlace(command, order.Ask);
        command.SetAction((parse, stop) => order.SendAsync(parse, kind, parse.GetRequiredValue(place), "", stop));
    }

    /// <summary>For an order of a version in a place.</summary>
    /// <param name="command">The command.</param>
    /// <param name="surroundings">Of the process.</param>
    /// <param name="kind">The kind of the order.</param>
    /// <param name="otherwise">What is meant where no version is named; null where one is to be.</param>
    public static void BuildOfVersion(Command command, Surroundings surroundings, string kind, string? otherwise = null)
    {
        var order = AddTo(command, surroundings);
        var place = PipelineArguments.AddPlace(command, order.Ask);
        var version = AddVersion(command, order.Ask, otherwise);
        command.SetAction((parse, stop) => order.SendAsync(
            parse, kind, parse.GetRequiredValue(place), parse.GetValue(version) ?? "", stop));
    }

    public static Argument<string?> AddVersion(Command command, AskOptions ask, string? otherwise = null) => PipelineArguments.AddVersion(
        command, ask, isNeeded: otherwise is null,
        $"The version, by name or by the first digits of its hash{(otherwise is null ? "" : $" [default: {otherwise}]")}");

    /// <param name="parse">The command line.</param>
    /// <param name="kind">The kind of the order.</param>
    /// <param name="place">SERVICE@ENVIRONMENT.</param>
    /// <param name="version">Empty for none.</param>
    /// <param name="stop">Ends the waiting.</param>
    /// <param name="complete">Adds what only this kind of order has.</param>
    public Task<int> SendAsync(
        ParseResult parse, string kind, string place, string version, CancellationToken stop, Action<MakeOrderRequest>? complete = null)
    {
        var (service, environment) = PipelineArguments.PlaceOf(place);
        var request = new MakeOrderRequest { Service = service, Environment = environment, Kind = kind, Version = version };
        complete?.Invoke(request);
        return SendAsync(parse, request, place, stop);
    }

    /// <param name="parse">The command line.</param>
    /// <param name="request">The order, without who and why.</param>
    /// <param name="name">What it is of, for messages.</param>
    /// <param name="stop">Ends the waiting.</param>
    public async Task<int> SendAsync(ParseResult parse, MakeOrderRequest request, string name, CancellationToken stop)
    {
        using var client = Ask.ClientOf(parse);
        (request.Who, request.Reason) = (surroundings.User, parse.GetValue(reason) ?? "");
        return Print(await client.Pipelines.OrderAsync(request, stop), request.Kind, name, Ask.IsJson(parse), surroundings.Out);
    }

    /// <exception cref="Failure">It was refused.</exception>
    public static int Print(MakeOrderResponse answer, string kind, string name, bool isJson, TextWriter to)
    {
        if (isJson) to.WriteJson(answer);
        if (!answer.Accepted) throw new Failure($"{kind} refused", name, answer.Answer);
        if (!isJson) to.WriteLine($"{name}: {answer.Answer}");
        return ExitCodes.Done;
    }
}
