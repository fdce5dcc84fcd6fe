using System.Collections.Immutable;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using TrafficCtl.Control.Ports;
using TrafficCtl.Control.Viewing;
using TrafficCtl.Control.Wishing;
using TrafficCtl.Core.Rollouts;
using TrafficCtl.V1;

namespace TrafficCtl.Daemon.Api;

/// <summary>The contract's single calls.</summary>
internal sealed partial class AdminHandlers(
    TargetLookup targets, Readiness readiness, Statuses statuses, MakeWish makeWish, IStore store, TimeProvider clock,
    ILogger<AdminHandlers> log)
{
    private const int DefaultHistory = 100;
    private const int LongestHistory = 1000;

    /// <summary>Below the command line's patience of 5 s.</summary>
    private static readonly TimeSpan WishWait = TimeSpan.FromSeconds(4);

    public Task<IResult> ListAsync(HttpContext context, CancellationToken stop) => Task.FromResult<IResult>(
        statuses.IsEmpty && readiness.StillUnknown is { } why ? ProblemResult.NotKnownYet(why) : new ServiceListResult(statuses));

    public async Task<IResult> GetAsync(HttpContext context, CancellationToken stop)
    {
        var (view, problem) = targets.Find(context);
        return view is null ? problem! : Messages.Ok(await statuses.OfAsync(view, stop));
    }

    public async Task<IResult> WhyAsync(HttpContext context, CancellationToken stop)
    {
        var (found, problem) = targets.Find(context);
        if (found is null) return problem!;
        var view = statuses.Now(found);
        var asked = context.Request.Query["rollout"].ToString();
        // The facts may tell of a rollout whose record cannot be read.
        var rollout = asked.Length > 0 ? asked : view.Newest?.Id ?? (view.RecordTrouble is null ? null : view.Router?.Route.RolloutId);
        ImmutableArray<Control.Ports.Fact> facts;
        try
        {
            facts = await store.FactsAsync(new FactQuery(view.Key, rollout, LongestHistory), stop).InTimeAsync(clock, stop);
        }
        catch (StoreUnavailableException fault) when (asked.Length == 0)
        {
            return Messages.Ok(new WhyResponse
            {
                Service = view.Spec.Service,
                Rollout = rollout ?? "",
                Summary = $"Why {view.Key.Name} is where it is was recorded in the store, which cannot be read now: "
                    + $"{fault.Message.TrimEnd('.')}. "
                    + (view.Router is { } router ? InForce.Sentence(router) : "What the router does now is not known."),
            });
        }

        if (asked.Length > 0 && facts.IsEmpty) return ProblemResult.NotFound("unknown rollout", UnknownRollout(view, asked));

        var story = rollout is null
            ? new WhyStory(Idle(view), [.. facts.Reverse()])
            : WhyStory.Tell(rollout, facts, view.Newest is { } newest && newest.Id == rollout
                ? Waits.For(newest.Plan, newest.Phase, view.Seen, view.ElapsedNow(clock), view.Router?.WaitsFor)
                : []);
        var response = new WhyResponse { Service = view.Spec.Service, Rollout = rollout ?? "", Summary = story.Summary };
        if (asked.Length == 0 && InForce.Beside(view) is { } inForce)
        {
            if (view.RecordTrouble is { } trouble && rollout is not null)
                response.Summary += $" Where it stands now is not known ({trouble.TrimEnd('.')}).";
            response.Summary += $" {inForce}";
        }

        response.Facts.AddRange(story.Facts.Select(FactMessages.Of));
        return Messages.Ok(response);
    }

    public async Task<IResult> HistoryAsync(HttpContext context, CancellationToken stop)
    {
        var (view, problem) = targets.Find(context);
        if (view is null) return problem!;
        var query = context.Request.Query;
        if (!QueryNumber.TryRead(query, "limit", DefaultHistory, 1, LongestHistory, out var limit))
            return ProblemResult.BadRequest($"limit is a whole number from 1 to {LongestHistory}");
        if (!QueryNumber.TryRead(query, "before", 0, 0, long.MaxValue, out var before))
            return ProblemResult.BadRequest("before is the seq of a fact");

        var rollout = query["rollout"].ToString();
        var facts = await store.FactsAsync(
            new FactQuery(view.Key, rollout.Length > 0 ? rollout : null, (int)limit, before > 0 ? before : null), stop).InTimeAsync(
                clock, stop);
        if (rollout.Length > 0 && before == 0 && facts.IsEmpty)
            return ProblemResult.NotFound("unknown rollout", UnknownRollout(view, rollout));
        var response = new HistoryResponse();
        response.Facts.AddRange(facts.Select(FactMessages.Of));
        return Messages.Ok(response);
    }

    public async Task<IResult> MakeWishAsync(HttpContext context, CancellationToken stop)
    {
        var (view, unknown) = targets.Find(context);
        if (view is null) return unknown!;
        var (request, problem) = await Messages.ReadAsync<MakeWishRequest>(context.Request, stop);
        if (request is null) return problem!;
        var (wish, wrong) = WishRequests.Parse(request, view.Key, From(context), clock.GetUtcNow());
        if (wish is null) return ProblemResult.BadRequest(wrong!);

        var outcome = await makeWish(wish, WishWait, stop);
        LogWished(
            wish.Key.Name, wish.Who, request.Kind, wish.From, wish.Reason is { Length: > 0 } why ? why : "no reason given",
            outcome?.Answer ?? "no answer yet");
        // What was recorded a moment ago went with the file that it was recorded in.
        if (outcome is null && readiness.Trouble is { } lost)
            return new ProblemResult(StatusCodes.Status503ServiceUnavailable, "store unavailable", lost);
        return Messages.Ok(outcome is null
            ? new MakeWishResponse { Answer = "recorded; the engine has not answered yet" }
            : new MakeWishResponse
            {
                Wish = outcome.Wish.Id,
                Answered = true,
                Accepted = outcome.Accepted,
                Answer = outcome.Answer,
                Warning = outcome.Warning ?? "",
            });
    }

    private static string Idle(ServiceView view) => view.RecordTrouble is { } trouble
        ? $"Whether a rollout of {view.Key.Name} is under way is not known: {trouble.TrimEnd('.')}."
        : $"{view.Key.Name} serves {view.Router?.StandIn ?? view.Record?.LastGood ?? view.Spec.Stable}; no rollout has begun yet.";

    private static string UnknownRollout(ServiceView view, string asked) =>
        view.Newest is { } newest
            ? $"no facts of \"{asked}\"; the newest rollout is {newest.Id}"
            : $"no facts of \"{asked}\"; {view.Key.Name} has had no rollout";

    private static string From(HttpContext context) => context.Connection.RemoteIpAddress?.ToString() ?? "unknown";

    [LoggerMessage(Level = LogLevel.Information, Message = "{Service}: {Who} asked to {Kind} from {From} ({Reason}): {Answer}")]
    private partial void LogWished(string service, string who, string kind, string from, string reason, string answer);
}
