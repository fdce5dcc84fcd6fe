using System.Collections.Immutable;
using TrafficCtl.Control.Ports;
using TrafficCtl.Control.Viewing;
using TrafficCtl.Control.Wishing;
using TrafficCtl.Core.Rollouts;
using TrafficCtl.Daemon.Access;
using TrafficCtl.Daemon.Texts;
using TrafficCtl.V1;

namespace TrafficCtl.Daemon.Api;

/// <summary>The contract's single calls, for both protocols.</summary>
internal sealed class AdminHandlers(
    TargetLookup targets, Readiness readiness, Statuses statuses, MakeWish makeWish, IStore store, TimeProvider clock,
    Audit audit, CallLimits limits)
{
    private const int DefaultHistory = 100;
    internal const int LongestHistory = 1000;

    /// <summary>Below the command line's patience of 5 s.</summary>
    private static readonly TimeSpan WishWait = TimeSpan.FromSeconds(4);

    /// <summary>Each status is made when it is asked for: those of ten thousand services are tens of megabytes.</summary>
    public Answer<IAsyncEnumerable<ServiceStatus>> List(ListServicesRequest request, Caller caller, CancellationToken stop)
    {
        if (statuses.IsEmpty && readiness.StillUnknown is { } why) return Refusal.NotKnownYet(why);
        if (request.Limit < 0) return Refusal.BadRequest($"limit is a whole number from 1 to {int.MaxValue}", "limit");
        return new(statuses.AllAsync(caller, request.After, request.Limit == 0 ? int.MaxValue : request.Limit, stop), null);
    }

    public async Task<Answer<ServiceStatus>> GetAsync(GetServiceRequest request, Caller caller, CancellationToken stop)
    {
        var (view, refusal) = targets.Find(caller, request.Service, request.Environment, request.Target);
        return view is null ? refusal! : await statuses.OfAsync(view, stop);
    }

    public async Task<Answer<WhyResponse>> WhyAsync(WhyRequest request, Caller caller, CancellationToken stop)
    {
        var (found, refusal) = targets.Find(caller, request.Service, request.Environment, request.Target);
        if (found is null) return refusal!;
        var view = statuses.Now(found);
        var asked = request.Rollout;
        // The facts may tell of a rollout whose record cannot be read.
        var rollout = asked.Length > 0 ? asked : view.Newest?.Id ?? (view.RecordTrouble is null ? null : view.Router?.Route.RolloutId);
        ImmutableArray<Control.Ports.Fact> facts;
        try
        {
            facts = await store.FactsAsync(new FactQuery(view.Key, rollout, LongestHistory), stop).InTimeAsync(clock, stop);
        }
        catch (StoreUnavailableException fault) when (asked.Length == 0)
        {
            return new WhyResponse
            {
                Service = view.Spec.Service,
                Rollout = rollout ?? "",
                Summary = $"Why {view.Key.Name} is where it is was recorded in the store, which cannot be read now: "
                    + $"{fault.Message.TrimEnd('.')}. "
                    + (view.Router is { } router ? InForce.Sentence(router) : "What the router does now is not known."),
            };
        }

        if (asked.Length > 0 && facts.IsEmpty) return UnknownRollout(view, asked);

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
        return response;
    }

    public async Task<Answer<HistoryResponse>> HistoryAsync(HistoryRequest request, Caller caller, CancellationToken stop)
    {
        var (view, refusal) = targets.Find(caller, request.Service, request.Environment, request.Target);
        if (view is null) return refusal!;
        if (request.Limit is < 0 or > LongestHistory)
            return Refusal.BadRequest($"limit is a whole number from 1 to {LongestHistory}", "limit");
        if (request.Before < 0) return Refusal.BadRequest("before is the seq of a fact", "before");

        var rollout = request.Rollout.Length > 0 ? request.Rollout : null;
        var query = new FactQuery(
            view.Key, rollout, request.Limit == 0 ? DefaultHistory : request.Limit, request.Before > 0 ? request.Before : null);
        var facts = await store.FactsAsync(query, stop).InTimeAsync(clock, stop);
        if (rollout is not null && request.Before == 0 && facts.IsEmpty) return UnknownRollout(view, rollout);
        var response = new HistoryResponse();
        response.Facts.AddRange(facts.Select(FactMessages.Of));
        return response;
    }

    public async Task<Answer<MakeWishResponse>> MakeWishAsync(MakeWishRequest request, Caller caller, CancellationToken stop)
    {
        var isAbort = request.Kind == "abort";
        if (!isAbort && limits.RefuseWish(caller) is { } tooMany) return tooMany;
        var (view, unknown) = targets.Find(caller, request.Service, request.Environment, request.Target);
        if (view is null)
        {
            if (isAbort && limits.RefuseWish(caller) is { } tooManyUnknown) return tooManyUnknown;
            // To its sender the target does not exist; whoever reads the log learns that it was tried.
            if (targets.Hides(caller, request.Service))
                audit.Refused(
                    Quoted.Short(request.Service), caller.Identity.Who(Quoted.Short(request.Who)), caller.Identity.How,
                    Quoted.Short(request.Kind), caller.From, Quoted.Short(request.Reason), "it may not read the target");
            return unknown!;
        }

        var (wish, refusal) = WishRequests.Parse(request, view.Key, caller, clock.GetUtcNow());
        if (wish is null) return refusal!;
        // Bound to the rollout of this moment: it is not meant for one that may begin before it is handled.
        if (wish.Vote is { Rollout.Length: 0 } vote && view.Newest is { Phase.IsFinal: false } active)
            wish = wish with { Vote = vote with { Rollout = active.Id } };
        var (identity, act) = (caller.Identity, Acts.Of(wish.Kind));
        var may = identity.May(act, wish.Key);
        if (isAbort && (may ? limits.RefuseAbort(caller, wish.Key) : limits.RefuseWish(caller)) is { } tooManyAborts) return tooManyAborts;
        if (!may)
        {
            var why = $"{wish.Who} is not {RoleTable.Words(act)} of {wish.Key}";
            audit.Refused(wish.Key.ToString(), wish.Who, identity.How, request.Kind, wish.From, wish.Reason, why);
            return Refusal.Forbidden($"{why}: {request.Kind} needs that role");
        }

        var (outcome, lost) = await PassOnAsync(wish, identity, request.Kind, stop);
        if (lost is not null) return Refusal.StoreUnavailable(lost);
        if (outcome is null) return new MakeWishResponse { Answer = "recorded; the engine has not answered yet" };
        if (outcome.IsStale)
            return new Refusal(RefusalKind.Stale, "stale generation", outcome.Answer) { Resource = new("target", wish.Key.ToString()) };
        if (outcome.IsOfUsedKey) return new Refusal(RefusalKind.KeyWasUsed, "key was used", outcome.Answer) { Field = "idempotency_key" };
        return new MakeWishResponse
        {
            Wish = outcome.Wish.Id,
            Answered = true,
            Accepted = outcome.Accepted,
            Answer = outcome.Answer,
            Warning = outcome.Warning ?? "",
        };
    }

    /// <summary>The outcome, null while there is none; or why the wish is lost. Whatever comes of it is written down.</summary>
    private async Task<(WishOutcome? Outcome, string? Lost)> PassOnAsync(
        Wish wish, Identity identity, string kind, CancellationToken stop)
    {
        var (target, how) = (wish.Key.ToString(), identity.How);
        WishOutcome? outcome;
        try
        {
            outcome = await makeWish(wish, WishWait, stop);
        }
        catch (Exception fault)
        {
            var why = fault is OperationCanceledException ? "the caller did not wait for the answer; it may be recorded" : fault.Message;
            audit.Failed(target, wish.Who, how, kind, wish.From, wish.Reason, why);
            throw;
        }

        // What was recorded a moment ago went with the file that it was recorded in.
        if (outcome is null && readiness.Trouble is { } lost)
        {
            audit.Failed(target, wish.Who, how, kind, wish.From, wish.Reason, lost);
            return (null, lost);
        }

        audit.Granted(target, wish.Who, how, kind, wish.From, wish.Reason, outcome?.Answer ?? "no answer yet");
        return (outcome, null);
    }

    private static string Idle(ServiceView view) => view.RecordTrouble is { } trouble
        ? $"Whether a rollout of {view.Key.Name} is under way is not known: {trouble.TrimEnd('.')}."
        : $"{view.Key.Name} serves {view.Router?.StandIn ?? view.Record?.LastGood ?? view.Spec.Stable}; no rollout has begun yet.";

    private static Refusal UnknownRollout(ServiceView view, string asked)
    {
        var known = view.Newest is { } newest ? $"the newest rollout is {newest.Id}" : $"{view.Key.Name} has had no rollout";
        return Refusal.NotFound("rollout", asked, $"no facts of \"{Quoted.Short(asked)}\"; {known}");
    }
}
