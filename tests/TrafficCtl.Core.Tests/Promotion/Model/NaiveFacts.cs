using TrafficCtl.Core.Promotion.Bundles;
using TrafficCtl.Core.Promotion.Environments;
using TrafficCtl.Core.Promotion.Facts;
using TrafficCtl.Core.Rollouts;
using static TrafficCtl.Core.Promotion.Facts.PromotionFact;

namespace TrafficCtl.Core.Tests.Promotion.Model;

/// <summary>Answers questions about a service by reading all of its facts each time. It shares no code with the engine's state.</summary>
internal sealed class NaiveFacts(EnvironmentSpec[] environments, List<PromotionFact> facts, DateTimeOffset now)
{
    // Kept for one evaluation only: each new fact begins with nothing.
    private readonly Dictionary<string, double> _orders = [];
    private readonly Dictionary<string, double> _newest = [];
    private readonly Dictionary<string, NaiveSeat?> _seats = [];
    private readonly Dictionary<(string, string), bool> _mustNotRun = [];
    private List<Bundle>? _published;

    public IReadOnlyList<EnvironmentSpec> Environments => environments;

    public DateTimeOffset Now => now;

    public List<Bundle> Published => _published ??= [.. facts.OfType<Published>().Select(p => p.Bundle).DistinctBy(b => b.Hash)];

    public EnvironmentSpec Spec(string environment) => environments.First(e => e.Name == environment);

    public int Last<T>(Func<T, bool> match, int before = int.MaxValue)
        where T : PromotionFact
    {
        for (var i = Math.Min(before, facts.Count) - 1; i >= 0; i--)
            if (facts[i] is T fact && match(fact)) return i;
        return -1;
    }

    public T? Find<T>(Func<T, bool> match)
        where T : PromotionFact => Last(match) is var at and >= 0 ? (T)facts[at] : null;

    /// <summary>A version by when it was first published, a revision after its version.</summary>
    public double Order(string bundle)
    {
        if (_orders.TryGetValue(bundle, out var known)) return known;
        var own = Get(bundle);
        var versions = Published.Where(b => b.Revision == 0).ToList();
        return _orders[bundle] = versions.FindIndex(b => b.Version == own.Version) + 1 + (own.Revision / 1000.0);
    }

    public Bundle Get(string bundle) => Published.First(b => b.Hash == bundle);

    public string VersionOf(string bundle) => Published.First(b => b.Revision == 0 && b.Version == Get(bundle).Version).Hash;

    public HashSet<string> Above(string environment)
    {
        var above = new HashSet<string>(Spec(environment).After);
        foreach (var name in above.ToList()) above.UnionWith(Above(name));
        return above;
    }

    public bool IsVetoed(string environment, string bundle)
    {
        for (var i = 0; i < facts.Count; i++)
        {
            if (facts[i] is not Vetoed veto || veto.Bundle != bundle || (veto.Until is { } until && until <= now)) continue;
            if (Last<Unvetoed>(u => u.Environment == veto.Environment && u.Bundle == bundle) > i) continue;
            var reaches = veto.Scope switch
            {
                VetoScope.Environment => veto.Environment == environment,
                VetoScope.Downstream => veto.Environment == environment || Above(environment).Contains(veto.Environment),
                _ => true,
            };
            if (reaches) return true;
        }

        return false;
    }

    public bool IsFailed(string environment, string bundle, int before = int.MaxValue)
    {
        for (var i = Math.Min(before, facts.Count) - 1; i >= 0; i--)
        {
            if (IsCleared(facts[i], environment, bundle)) return false;
            if (IsFailure(i, environment, bundle)) return true;
        }

        return false;
    }

    public bool IsAborted(string environment, string bundle, int before = int.MaxValue)
    {
        for (var i = Math.Min(before, facts.Count) - 1; i >= 0; i--)
        {
            if (IsCleared(facts[i], environment, bundle)) return false;
            if (IsAbort(i, environment, bundle)) return true;
        }

        return false;
    }

    public bool IsGood(string environment, string bundle, int before = int.MaxValue)
    {
        for (var i = Math.Min(before, facts.Count) - 1; i >= 0; i--)
        {
            if (facts[i] is EnvironmentGood good && good.Environment == environment && good.Bundle == bundle) return true;
            if (facts[i] is EvidenceRevoked revoked && revoked.Environment == environment && revoked.Bundle == bundle) return false;
            if (IsFailure(i, environment, bundle) || IsAbort(i, environment, bundle)) return false;
        }

        return false;
    }

    /// <summary>Evidence as the environments after it see it.</summary>
    public bool IsEvidenceFor(string environment, string bundle)
    {
        if (IsGood(environment, bundle) && !IsVetoed(environment, bundle)) return true;
        var bearer = Bearer(environment, bundle);
        return bearer != bundle && IsGood(environment, bearer) && !IsVetoed(environment, bearer);
    }

    /// <summary>The version of a revision that the environment has moved past; else the bundle itself.</summary>
    public string Bearer(string environment, string bundle)
    {
        if (Get(bundle).Revision == 0 || Math.Floor(Newest(environment)) <= Math.Floor(Order(bundle))) return bundle;
        return Seat(environment) is { } seat && VersionOf(seat.Bundle) == VersionOf(bundle) ? bundle : VersionOf(bundle);
    }

    public bool IsRevoked(string environment, string bundle) =>
        Last<EvidenceRevoked>(r => r.Environment == environment && r.Bundle == bundle) > LastGood(environment, bundle);

    public bool HasRevokedGate(string environment, string bundle) => Spec(environment).Needs.Any(gate =>
    {
        var revoked = Last<EvidenceRevoked>(r => r.Environment == environment && r.Bundle == bundle && r.Gate == gate.Id);
        return revoked > LastGood(environment, bundle) && revoked > Last<GateAnswered>(a => a.Environment == environment
            && a.Bundle == bundle && a.Gate == gate.Id && a.Verdict == GateVerdict.Passed);
    });

    public bool IsLostUpstream(string environment, string bundle) => Above(environment).Any(above =>
        IsRevoked(above, bundle)
        || (Get(bundle).Revision > 0 && !IsGood(above, bundle)
            && VersionOf(bundle) is var version
            && (IsRevoked(above, version) || IsFailed(above, version) || IsVetoed(above, version))));

    public bool MustNotRun(string environment, string bundle) => _mustNotRun.TryGetValue((environment, bundle), out var known)
        ? known
        : _mustNotRun[(environment, bundle)] = IsVetoed(environment, bundle)
            || IsFailed(environment, bundle) || IsAborted(environment, bundle)
            || HasRevokedGate(environment, bundle) || IsLostUpstream(environment, bundle);

    /// <summary>The newest that ever began there; 0 for none.</summary>
    public double Newest(string environment)
    {
        if (_newest.TryGetValue(environment, out var newest)) return newest;
        foreach (var fact in facts)
        {
            var bundle = fact switch
            {
                RolloutStarted started when started.Environment == environment => started.Bundle,
                RolloutGood good when good.Environment == environment => good.Bundle,
                EnvironmentGood good when good.Environment == environment => good.Bundle,
                _ => null,
            };
            if (bundle is not null) newest = Math.Max(newest, Order(bundle));
        }

        return _newest[environment] = newest;
    }

    public bool HasStarted(string environment, string bundle) =>
        Last<RolloutStarted>(s => s.Environment == environment && s.Bundle == bundle) >= 0;

    public bool IsOrdered(string environment, string bundle, int before = int.MaxValue) =>
        Last<PromotionOrdered>(o => o.Environment == environment && o.Bundle == bundle, before)
        > Last<RolloutStarted>(s => s.Environment == environment && s.Bundle == bundle && TakesSeat(s), before);

    public bool CanRead(string bundle, double newest)
    {
        var (to, all) = (Order(bundle), Published.OrderBy(b => Order(b.Hash)).ToList());
        return all.Where(b => Order(b.Hash) > to && Order(b.Hash) <= newest).All(crossed => crossed.Compatibility switch
        {
            Compatibility.ForwardOnly => false,
            Compatibility.Contract =>
                all.LastOrDefault(b => b.Compatibility == Compatibility.Expand && Order(b.Hash) < Order(crossed.Hash)) is { } expansion
                && to > Order(expansion.Hash),
            _ => true,
        });
    }

    public IEnumerable<string> GoodOnes(string environment) => facts.OfType<EnvironmentGood>()
        .Where(g => g.Environment == environment).Select(g => g.Bundle).Reverse().Distinct();

    /// <summary>Begun by the last promotion or pin; or, where there was none, by what was said to be good.</summary>
    public NaiveSeat? Seat(string environment)
    {
        if (_seats.TryGetValue(environment, out var seat)) return seat;
        for (var i = 0; i < facts.Count; i++)
        {
            if (facts[i] is RolloutStarted started && started.Environment == environment && TakesSeat(started)
                && (seat is null || seat.IsOver || seat.Bundle != started.Bundle))
                seat = new(started.Bundle, i, started.Reason == StartReason.Pin || IsOrdered(environment, started.Bundle, i));
            if (facts[i] is EnvironmentGood good && good.Environment == environment)
            {
                seat ??= new(good.Bundle, i, false) { IsPromoted = true };
                if (seat.Bundle == good.Bundle) seat = seat with { IsSettled = true };
            }

            if (seat is null) continue;
            if (facts[i] is RolloutPromoted promoted && promoted.Environment == environment && promoted.Bundle == seat.Bundle)
                seat = seat with { IsPromoted = true };
            if (facts[i] is RolloutWithdrawn withdrawn && withdrawn.Environment == environment && withdrawn.Bundle == seat.Bundle)
                seat = seat with { IsOver = true };
            if (IsFailure(i, environment, seat.Bundle) || IsAbort(i, environment, seat.Bundle)) seat = seat with { IsOver = true };
        }

        return _seats[environment] = seat;
    }

    public NaiveTarget Target(string environment, string name, int before = int.MaxValue)
    {
        var target = new NaiveTarget();
        for (var i = 0; i < Math.Min(before, facts.Count); i++)
        {
            if (facts[i] is EvidenceRevoked { Gate: null } revoked
                && revoked.Environment == environment && revoked.Bundle == target.Current)
                target.IsGood = false;
            if (facts[i] is OfTarget of && of.Environment == environment && of.Target == name) Follow(target, environment, of, i);
        }

        return target;
    }

    /// <summary>The longest time for which a connected target had it.</summary>
    public TimeSpan Soaked(string environment, string bundle)
    {
        var (longest, since) = (TimeSpan.Zero, (DateTimeOffset?)null);
        var names = facts.OfType<OfTarget>().Where(f => f.Environment == environment).Select(f => f.Target).Distinct().ToList();
        for (var i = 0; i < facts.Count; i++)
        {
            if (facts[i] is not OfTarget of || of.Environment != environment) continue;
            var isThere = names.Exists(n => Target(environment, n, i + 1) is { IsConnected: true } target && target.Current == bundle);
            var at = facts[i].Stamp.At;
            if (since is { } from && at - from > longest) longest = at - from;
            since = isThere ? since ?? at : null;
        }

        return since is { } open && now - open > longest ? now - open : longest;
    }

    public IEnumerable<PromotionFact> All => facts;

    /// <summary>Targets went back to it after a failure of another.</summary>
    public bool WasReturnedTo(string environment, string bundle, int before)
    {
        for (var i = 0; i < Math.Min(before, facts.Count); i++)
        {
            if (facts[i] is RolloutRolledBack back && back.To == bundle && back.Bundle != bundle
                && IsFailure(i, environment, back.Bundle)) return true;
            if (facts[i] is RolloutWithdrawn gone && gone.Environment == environment && gone.To == bundle
                && gone.Bundle != bundle && IsFailed(environment, gone.Bundle, i)) return true;
        }

        return false;
    }

    /// <summary>A bundle failed there that had not failed before.</summary>
    public bool IsFreshFailure(int at, string environment)
    {
        var bundle = facts[at] switch
        {
            RolloutRolledBack back => back.Bundle,
            GateAnswered answered => answered.Bundle,
            _ => null,
        };
        return bundle is not null && IsFailure(at, environment, bundle) && !IsFailed(environment, bundle, at);
    }

    private int LastGood(string environment, string bundle) =>
        Last<EnvironmentGood>(g => g.Environment == environment && g.Bundle == bundle);

    private void Follow(NaiveTarget target, string environment, OfTarget fact, int at)
    {
        switch (fact)
        {
            case TargetObserved observed: target.IsConnected = observed.IsConnected; break;
            case RolloutStarted started:
                (target.Active, target.Reason, target.IsPromoted) = (started.Bundle, started.Reason, false);
                break;
            case RolloutPromoted promoted:
                if (target.Current != promoted.Bundle) (target.Current, target.IsGood) = (promoted.Bundle, false);
                if (target.Active == promoted.Bundle) target.IsPromoted = true;
                break;
            case RolloutGood good:
                (target.Current, target.IsGood) = (good.Bundle, true);
                if (target.Active == good.Bundle) target.Active = null;
                break;
            case RolloutRolledBack back: Leave(target, environment, back.Bundle, back.To, at); break;
            case RolloutAborted aborted: Leave(target, environment, aborted.Bundle, aborted.To, at); break;
            case RolloutWithdrawn withdrawn: Leave(target, environment, withdrawn.Bundle, withdrawn.To, at); break;
        }
    }

    private void Leave(NaiveTarget target, string environment, string bundle, string? to, int at)
    {
        if (target.Active == bundle) target.Active = null;
        var isGood = to is not null && IsGood(environment, to, at);
        if (target.Current == to) target.IsGood |= isGood;
        else (target.Current, target.IsGood) = (to, isGood);
    }

    private static bool TakesSeat(RolloutStarted started) => started.Reason is StartReason.Promotion or StartReason.Pin;

    private static bool IsCleared(PromotionFact fact, string environment, string bundle) => fact switch
    {
        Unvetoed unvetoed => unvetoed.Environment == environment && unvetoed.Bundle == bundle,
        PromotionOrdered ordered => ordered.Environment == environment && ordered.Bundle == bundle,
        EnvironmentGood good => good.Environment == environment && good.Bundle == bundle,
        _ => false,
    };

    private bool IsFailure(int at, string environment, string bundle) => facts[at] switch
    {
        GateAnswered answer => answer is { IsVerification: true, Verdict: GateVerdict.Failed }
            && answer.Environment == environment && answer.Bundle == bundle,
        RolloutRolledBack back => back.Environment == environment && back.Bundle == bundle
            && back.Cause is RollbackCause.Breaker or RollbackCause.Verdict or RollbackCause.TargetGone && !IsOfTarget(at, back),
        _ => false,
    };

    private bool IsAbort(int at, string environment, string bundle) => facts[at] switch
    {
        RolloutAborted aborted => aborted.Environment == environment && aborted.Bundle == bundle,
        RolloutRolledBack back => back.Environment == environment && back.Bundle == bundle
            && back.Cause is RollbackCause.Unsure or RollbackCause.Abort && !IsOfTarget(at, back),
        _ => false,
    };

    /// <summary>Good in the environment, and failed where it only came later.</summary>
    private bool IsOfTarget(int at, RolloutRolledBack back) =>
        Target(back.Environment, back.Target, at) is { Reason: StartReason.Convergence or StartReason.Back } target
        && target.Active == back.Bundle && IsGood(back.Environment, back.Bundle, at);
}

internal sealed record NaiveSeat(string Bundle, int At, bool IsOrdered)
{
    public bool IsPromoted { get; init; }

    public bool IsSettled { get; init; }

    public bool IsOver { get; init; }
}

internal sealed class NaiveTarget
{
    public bool IsConnected { get; set; } = true;

    public string? Current { get; set; }

    public bool IsGood { get; set; }

    public string? Active { get; set; }

    public bool IsPromoted { get; set; }

    public StartReason Reason { get; set; }
}
