using System.Collections.Immutable;
using TrafficCtl.Adapters.Metrics;
using TrafficCtl.Core.Formatting;
using TrafficCtl.Core.Routing;

namespace TrafficCtl.Kubernetes.Mesh.Confirming;

/// <summary>The way of one written split into force: the mesh's assent, then the requests.</summary>
internal sealed class Confirmation(WantedSplit split, string? rolloutId, Weights? before, TimeProvider clock)
{
    private readonly long since = clock.GetTimestamp();
    private ShareSample? @base, previous, newest;
    private string? contradiction;
    private long contradicted;
    private (long Timestamp, TimeSpan Age) taken;

    /// <summary>The split that is to be confirmed.</summary>
    public WantedSplit Split { get; } = split;

    public bool IsDone { get; private set; }

    /// <summary>What it waits for, or what is known of it.</summary>
    public string? Why { get; private set; }

    /// <summary>Looks again.</summary>
    /// <param name="assent">What the mesh says of the route.</param>
    /// <param name="shares">Null where nobody measures shares.</param>
    /// <param name="others">The rules that send to the slots too, as far as they were read.</param>
    public void Look(
        string service, MeshSettings settings, AcceptanceStatus assent, IShareObserver? shares, ImmutableArray<OtherSender> others)
    {
        if (IsDone) return;
        if (!assent.IsGiven)
        {
            Why = assent.Why;
            return;
        }

        var waited = clock.GetElapsedTime(since);
        if (Split.IsShadow)
        {
            (IsDone, Why) = waited >= settings.SettleUnmeasured
                ? (true, null)
                : (false, "waits a moment for the mesh to follow; whether copies are sent no share of requests can show");
            return;
        }

        if (shares is null)
        {
            (IsDone, Why) = waited >= settings.SettleUnmeasured
                ? (true, null)
                : (false, "waits a moment for the mesh to follow, for nobody measures its shares");
            return;
        }

        Take(shares.ObservedShare(service), waited, settings);
        Judge(settings, waited, others, shares.TroubleOf(service));
    }

    private void Judge(MeshSettings settings, TimeSpan waited, ImmutableArray<OtherSender> others, string? unmeasured)
    {
        var window = newest is null
            ? default
            : ShareCounts.Of(newest, @base, previous) with { Quiet = taken.Age + clock.GetElapsedTime(taken.Timestamp) };
        if (contradiction is not null && window.Total < contradicted)
        {
            StillAgainst(settings, window);
            return;
        }

        var finding = ShareRule.Judge(settings, Split, before, window, waited, Floor.Of(others, newest));
        (IsDone, Why) = (finding.IsInForce, finding.Why);
        if (window.Total == 0 && unmeasured is not null) Why = Unmeasured(settings, waited, unmeasured);
        // What was counted while proxies still followed must not speak against the split for ever.
        if (finding.IsContradicted) (@base, contradiction, contradicted) = (newest, finding.Why, Math.Max(contradicted, window.Total));
        if (!IsDone && Split.Highest == Weights.AllStable && window.Total > 0 && waited >= settings.Patience) GiveUp(waited);
    }

    /// <summary>That nothing could be measured is another thing than that there was nothing.</summary>
    private string Unmeasured(MeshSettings settings, TimeSpan waited, string why) => IsDone
        ? $"nothing could be measured since the split was written {DurationText.Elapsed(waited)} ago; "
            + $"it counts as in force after {DurationText.Of(settings.Settle)}: {why}"
        : $"waits for measurements that show the split, or {DurationText.Of(settings.Settle)} without any: {why}";

    /// <summary>Only as many requests as spoke against the split can speak for it; that there are none does not.</summary>
    private void StillAgainst(MeshSettings settings, ShareCounts window)
    {
        var came = window.Total > 0
            ? $"{NumberText.Count(window.Total)} of {NumberText.Count(contradicted)} requests came since, too few to tell otherwise"
            : "no request came since";
        Why = $"{contradiction}; {came}";
        if (window.Total > 0 || window.Quiet < settings.Patience) return;
        Why = $"{contradiction}; no request came for {DurationText.Elapsed(window.Quiet)} since, so the split counts as in force";
        IsDone = true;
    }

    /// <summary>The mesh was told to send nothing, and no rollback hangs on who else sends to the candidate.</summary>
    private void GiveUp(TimeSpan waited)
    {
        IsDone = true;
        Why = $"{Why}; all traffic was put on stable {DurationText.Elapsed(waited)} ago, so these count as requests of others";
    }

    /// <summary>Samples are stamped by the time of day, which may have been set since the write: what passed since then is not.</summary>
    private void Take(ShareSample? sample, TimeSpan waited, MeshSettings settings)
    {
        var now = clock.GetUtcNow();
        var written = now - waited;
        if (sample is null || sample.RolloutId != rolloutId || sample.Asked != Split.General || sample.At <= written) return;
        var isAnew = newest is not null && (sample.Since != newest.Since || sample.Total < newest.Total);
        if (isAnew) (@base, previous, newest) = (null, null, null);
        if (sample.At <= newest?.At) return;
        // Counted on since before this write: what comes from here on is of it.
        if (newest is null && sample.Since < written) @base = sample;
        if (sample.Total == newest?.Total) return;
        (previous, newest) = (newest, sample);
        var age = now - sample.At;
        taken = (clock.GetTimestamp(), age < TimeSpan.Zero ? TimeSpan.Zero : age > settings.Settle ? settings.Settle : age);
    }
}
