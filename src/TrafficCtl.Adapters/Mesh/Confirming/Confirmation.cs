using TrafficCtl.Adapters.Metrics;
using TrafficCtl.Core.Routing;

namespace TrafficCtl.Adapters.Mesh.Confirming;

/// <summary>The way of one written split into force: the mesh's assent, then the requests.</summary>
internal sealed class Confirmation(WantedSplit split, string? rolloutId, Weights? before, TimeProvider clock)
{
    private readonly long since = clock.GetTimestamp();
    private ShareSample? @base, previous, newest;
    private (long Timestamp, TimeSpan Age) taken;

    /// <summary>The split that is to be confirmed.</summary>
    public WantedSplit Split { get; } = split;

    public bool IsDone { get; private set; }

    /// <summary>What it waits for, or what is known of it.</summary>
    public string? Why { get; private set; }

    /// <summary>Looks again.</summary>
    /// <param name="assent">Of the mesh.</param>
    /// <param name="shares">Null where nobody measures shares.</param>
    public void Look(string service, MeshSettings settings, MeshAssent assent, IShareObserver? shares)
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
            (IsDone, Why) = waited >= settings.SettleUnmeasured ? (true, null) : (false, "waits a moment for the mesh to follow; whether copies are sent no share of requests can show");
            return;
        }

        if (shares is null)
        {
            (IsDone, Why) = waited >= settings.SettleUnmeasured ? (true, null) : (false, "waits a moment for the mesh to follow, for nobody measures its shares");
            return;
        }

        Take(shares.ObservedShare(service), waited, settings);
        var window = newest is null ? default : ShareWindow.Of(newest, @base, previous) with { Quiet = taken.Age + clock.GetElapsedTime(taken.Timestamp) };
        var finding = ShareRule.Judge(settings, Split, before, window, waited);
        // What was counted while proxies still followed must not speak against the split for ever.
        if (finding.IsContradicted) @base = newest;
        (IsDone, Why) = (finding.IsInForce, finding.Why);
    }

    /// <summary>Samples are stamped by the time of day, which may have been set since the write: what passed since then is not.</summary>
    private void Take(ShareSample? sample, TimeSpan waited, MeshSettings settings)
    {
        var now = clock.GetUtcNow();
        var written = now - waited;
        if (sample is null || sample.RolloutId != rolloutId || sample.Asked != Split.General || sample.At <= written) return;
        if (newest is not null && sample.Since != newest.Since) (@base, previous, newest) = (null, null, null);
        if (sample.At <= newest?.At) return;
        // Counted on since before this write: what comes from here on is of it.
        if (newest is null && sample.Since < written) @base = sample;
        if (sample.Total == newest?.Total) return;
        (previous, newest) = (newest, sample);
        var age = now - sample.At;
        taken = (clock.GetTimestamp(), age < TimeSpan.Zero ? TimeSpan.Zero : age > settings.Settle ? settings.Settle : age);
    }
}
