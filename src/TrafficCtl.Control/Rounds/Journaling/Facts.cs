using System.Collections.Immutable;
using System.Globalization;
using TrafficCtl.Control.Persistence;
using TrafficCtl.Control.Ports;
using TrafficCtl.Control.Timing;
using TrafficCtl.Core.Formatting;
using TrafficCtl.Core.Gates;
using TrafficCtl.Core.Rollouts;
using TrafficCtl.Core.Routing;
using TrafficCtl.Core.Services;
using TrafficCtl.Core.Targets;

namespace TrafficCtl.Control.Rounds.Journaling;

/// <summary>The journal's sentences. Each stands alone, so that <c>why</c> needs nothing but facts.</summary>
internal static class Facts
{
    private const string StartedAt = "startedAt", KeyName = "idempotencyKey", ExpectedName = "expectedGeneration", StaleName = "stale",
        GateName = "gate", ForName = "forRollout", AsName = "as";

    public static Fact Born(ServiceRecord record, Listing listing, DateTimeOffset now) => new(
        0, now, record.Key, null, "born", "born",
        $"{record.Key} is new here: it begins with {record.LastGood} as the stable version, {listing.Stable}",
        RolloutJson.Write(new FactData { Generation = record.Generation, Stable = record.LastGood }));

    public static Fact StateLost(ServiceRecord record, Listing listing, ServiceRoute? route, string? why, DateTimeOffset now) => new(
        0, now, record.Key, null, LostState.Kind, LostState.Kind, StateLostText(record, listing, route, why),
        RolloutJson.Write(new FactData
        {
            Generation = record.Generation,
            Stable = record.LastGood,
            Version = route?.Candidate,
            Reason = why,
            More = route?.RolloutId is { } id ? ImmutableSortedDictionary<string, string>.Empty.Add("lostRollout", id) : null,
        }));

    public static Fact Started(RolloutState started, string reason, DateTimeOffset now) => Of(
        started, "start", $"rollout {started.Id} begins: {started.Candidate} is to replace {started.Stable}; {reason}", new Seen(), now);

    public static Fact Decided(RolloutState next, Decision decision, Seen seen, DateTimeOffset now) => Of(
        next, decision.Kind, $"rollout {next.Id} ({next.Stable} → {next.Candidate}): {decision.Reason}", seen, now);

    public static Fact Ordered(TargetKey key, string? rolloutId, WishOutcome outcome, DateTimeOffset now)
    {
        var wish = outcome.Wish;
        var reason = wish.Reason.Length == 0 ? "no reason given" : wish.Reason;
        var what = Word(wish.Kind) + (wish.Version is null ? string.Empty : $" {wish.Version}");
        return new Fact(
            0, now, key, rolloutId, wish.Kind == WishKind.Publish && outcome.Accepted ? "published" : "ordered", Word(wish.Kind),
            $"{wish.Who} asked to {what} from {wish.From} at {InstantText.Of(wish.At)} ({reason}): "
                + $"{(outcome.Accepted ? "accepted" : "refused")}, {outcome.Answer}",
            RolloutJson.Write(new FactData
            {
                WishId = wish.Id,
                Accepted = outcome.Accepted,
                Who = wish.Who,
                Reason = wish.Reason,
                From = wish.From,
                AskedAt = wish.At,
                Version = wish.Version,
                More = More(outcome),
            }));
    }

    /// <summary>What was answered to a wish, by the fact that <see cref="Ordered"/> made of it.</summary>
    /// <param name="fact">The fact of the journal.</param>
    /// <param name="key">The wish's idempotency key.</param>
    /// <returns>The wish as it was asked, and its answer; null when the fact is not about it.</returns>
    public static WishOutcome? AnswerUnder(Fact fact, string key)
    {
        if (fact.Kind is not ("ordered" or "published")) return null;
        var data = RolloutJson.ReadFact(fact.Data);
        if (data.More is not { } more || more.GetValueOrDefault(KeyName) != key || !TryKind(fact.What, out var kind)) return null;
        var wish = new Wish(
            data.WishId ?? 0, fact.Key, kind, data.Version, data.Who ?? "", data.Reason ?? "", data.From ?? "", data.AskedAt ?? fact.At)
        {
            IdempotencyKey = key,
            ExpectedGeneration = more.TryGetValue(ExpectedName, out var text)
                ? long.Parse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture)
                : null,
            Vote = more.TryGetValue(ForName, out var rollout)
                ? new Vote(more.GetValueOrDefault(GateName, ""), rollout, more.GetValueOrDefault(AsName, ""))
                : null,
        };
        return new WishOutcome(wish, data.Accepted == true, more.GetValueOrDefault("answer", "")) { IsStale = more.ContainsKey(StaleName) };
    }

    private static ImmutableSortedDictionary<string, string> More(WishOutcome outcome)
    {
        var (wish, more) = (outcome.Wish, ImmutableSortedDictionary.CreateBuilder<string, string>());
        (more["answer"], more["askedAt"]) = (outcome.Answer, InstantText.Of(wish.At));
        if (wish.IdempotencyKey is { } key) more[KeyName] = key;
        if (wish.ExpectedGeneration is { } expected) more[ExpectedName] = Number(expected);
        if (outcome.IsStale) more[StaleName] = "true";
        if (wish.Vote is { } vote) (more[GateName], more[ForName], more[AsName]) = (vote.Gate, vote.Rollout, vote.As);
        return more.ToImmutable();
    }

    private static bool TryKind(string word, out WishKind kind)
    {
        foreach (var one in Enum.GetValues<WishKind>())
        {
            kind = one;
            if (Word(one) == word) return true;
        }

        kind = default;
        return false;
    }

    /// <summary>Whether the fact is the answer to this wish, whatever id it was recorded under.</summary>
    public static bool IsAnswerTo(Fact fact, Wish wish)
    {
        if (fact.Kind is not ("ordered" or "published") || fact.What != Word(wish.Kind)) return false;
        var data = RolloutJson.ReadFact(fact.Data);
        return data.AskedAt == wish.At && data.Who == wish.Who && data.From == wish.From;
    }

    public static Fact Resumed(RolloutState state, DateTimeOffset savedAt, long ticks, long lost, Moment now) => Observed(
        state, "resumed", string.Create(
            CultureInfo.InvariantCulture,
            $"rollout {state.Id} goes on after a restart: it is {PhaseWords.InSentence(state.Phase)}, with the evidence of "
                + $"{InstantText.Of(savedAt)} ({NumberText.Count(ticks)} ticks); at most {NumberText.Count(lost)} windows of 1 s since "
                + $"then are lost. Its elapsed time goes on at {DurationText.Elapsed(now.Elapsed)}: the time in which no process was in "
                + $"control does not count"),
        now.At);

    /// <summary>The state was saved by a version that measured by the time of day.</summary>
    public static Fact ElapsedAnew(RolloutState state, DateTimeOffset now) => Observed(
        state, "elapsed-anew",
        $"rollout {state.Id} was saved by a version that measured by the time of day, which may have been set since: dwell, holdback, "
            + $"watch and deadline count anew from here; it is {PhaseWords.InSentence(state.Phase)}",
        now);

    /// <summary>The time of day was set, or the machine was suspended.</summary>
    public static Fact ClockJumped(RolloutState state, TimeSpan jump, Moment now) => Observed(
        state, "clock-jumped",
        $"{TimeWords.Jump(jump)}. Rollout {state.Id} goes on by its elapsed time, {DurationText.Elapsed(now.Elapsed)} so far; it is "
            + $"{PhaseWords.InSentence(state.Phase)}", now.At);

    public static Fact StoodStill(RolloutState state, TimeSpan notCounted, Moment now) => Observed(
        state, "stood-still",
        $"no round ended for {DurationText.About(notCounted + RolloutClock.LongestGap)}: the process or its machine stood still, or a "
            + $"call hung. {DurationText.About(notCounted)} of it do not count: the elapsed time of rollout {state.Id} is "
            + $"{DurationText.Elapsed(now.Elapsed)}",
        now.At);

    public static Fact EvidenceAnew(RolloutState state, string why, DateTimeOffset now) => Observed(
        state, "evidence-anew", $"the evidence of rollout {state.Id} starts anew: {why}", now);

    public static Fact Drifted(RolloutState state, Drift drift, DateTimeOffset now) => Observed(state, "drifted", drift.Text, now);

    /// <summary>Without a rollout: everything was to go to the last good version.</summary>
    public static Fact Drifted(ServiceRecord record, Drift drift, DateTimeOffset now) => new(
        0, now, record.Key, null, "observed", "drifted", drift.Text,
        RolloutJson.Write(new FactData { Generation = record.Generation, Stable = record.LastGood }));

    public static Fact RouterAhead(ServiceRecord record, long found, DateTimeOffset now) => new(
        0, now, record.Key, record.Active?.Id, "observed", "router-ahead", string.Create(
            CultureInfo.InvariantCulture,
            $"the router of {record.Key} held generation {found}, newer than the store's; the store's word is in force again as "
                + $"generation {record.Generation}"),
        RolloutJson.Write(new FactData { Generation = record.Generation, Stable = record.LastGood }));

    /// <summary>The newest rollout as its last decision left it; null when the facts do not hold it.</summary>
    public static RolloutState? Replay(TargetKey key, int number, ImmutableArray<Fact> newestFirst)
    {
        foreach (var fact in newestFirst)
        {
            if (fact.Kind != "decided") continue;
            var data = RolloutJson.ReadFact(fact.Data);
            if (data is not { Phase: { } phase, Stable: { } stable, Version: { } candidate }) continue;
            var started = data.More is not null && data.More.TryGetValue(StartedAt, out var text)
                ? DateTimeOffset.Parse(text, CultureInfo.InvariantCulture)
                : fact.At;
            return new RolloutState(
                fact.RolloutId ?? string.Empty, key.Service, key.Environment, number, stable, candidate, data.Generation ?? 0, started,
                fact.At, phase)
            {
                Plan = new Plan(),
            };
        }

        return null;
    }

    private static Fact Of(RolloutState state, string what, string text, Seen seen, DateTimeOffset now)
    {
        var more = ImmutableSortedDictionary<string, string>.Empty.Add(StartedAt, Time(state.StartedAt));
        if (seen.Evidence != default)
            more = more.Add("stepRequests", Number(seen.Evidence.Requests)).Add("stepUsers", Number(seen.Evidence.Users));
        if (seen.CandidateHealth is { } health) more = more.Add("liveEndpoints", $"{health.Live} of {health.Endpoints}");
        if (seen.Trip is { } trip) more = more.Add("breaker", trip.Why).Add("breakerAt", Time(trip.At));
        return new Fact(
            0, now, state.Key, state.Id, "decided", what, text,
            RolloutJson.Write(new FactData
            {
                Generation = state.Generation,
                Phase = state.Phase,
                Exposure = Exposures.For(state.Plan, state.Phase),
                Judgement = seen.Judgement,
                Version = state.Candidate,
                Stable = state.Stable,
                More = more,
            }));
    }

    private static Fact Observed(RolloutState state, string what, string text, DateTimeOffset now) => new(
        0, now, state.Key, state.Id, "observed", what, text,
        RolloutJson.Write(
            new FactData { Generation = state.Generation, Phase = state.Phase, Version = state.Candidate, Stable = state.Stable }));

    private static string StateLostText(ServiceRecord record, Listing listing, ServiceRoute? route, string? why)
    {
        const string Next = "What was rolled back before is not known, so no version starts by itself: publish one";
        var cause = why is null ? "the store has no record of it" : why;
        if (route is null)
            return $"the state of {record.Key} is lost ({cause}), and no last route outlived it: no candidate is served, and "
                + $"{record.LastGood} is stable, {listing.Stable}. {Next}";
        var ended = route.Candidate is null ? string.Empty : $"; rollout {route.RolloutId} of {route.Candidate} is not continued";
        return $"the state of {record.Key} is lost ({cause}): {record.LastGood} is stable as in its last route{ended}. {Next}";
    }

    private static string Word(WishKind kind) => kind switch
    {
        WishKind.PromoteFull => "promote-full",
        _ => kind.ToString().ToLowerInvariant(),
    };

    private static string Number(long number) => number.ToString(CultureInfo.InvariantCulture);

    /// <summary>For <see cref="Replay"/>: to the tick.</summary>
    private static string Time(DateTimeOffset at) => at.UtcDateTime.ToString("O", CultureInfo.InvariantCulture);
}
