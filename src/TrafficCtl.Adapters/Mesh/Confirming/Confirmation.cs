using TrafficCtl.Adapters.Metrics;
using TrafficCtl.Core.Routing;

namespace TrafficCtl.Adapters.Mesh.Confirming;

/// <summary>The way of one written split into force: the mesh's assent, then the requests.</summary>
internal sealed class Confirmation(WantedSplit split, string? rolloutId, Weights? before, DateTimeOffset since)
{
    private ShareSample? @base, previous, newest;

    /// <summary>The split that is to be confirmed.</summary>
    public WantedSplit Split { get; } = split;

    public bool IsDone { get; private set; }

    /// <summary>What it waits for, or what is known of it.</summary>
    public string? Why { get; private set; }

    /// <summary>Looks again.</summary>
    /// <param name="assent">Of the mesh.</param>
    /// <param name="shares">Null where nobody measures shares.</param>
    public void Look(string service, MeshSettings settings, MeshAssent assent, IShareObserver? shares, DateTimeOffset now)
    {
        if (IsDone) return;
        if (!assent.IsGiven)
        {
            Why = assent.Why;
            return;
        }

        var waited = now - since;
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

        Take(shares.ObservedShare(service));
        var window = newest is null ? default : ShareWindow.Of(newest, @base, previous) with { Quiet = now - newest.At };
        var finding = ShareRule.Judge(settings, Split, before, window, waited);
        // What was counted while proxies still followed must not speak against the split for ever.
        if (finding.IsContradicted) @base = newest;
        (IsDone, Why) = (finding.IsInForce, finding.Why);
    }

    private void Take(ShareSample? sample)
    {
        if (sample is null || sample.RolloutId != rolloutId || sample.Asked != Split.General || sample.At <= since || sample.At <= newest?.At) return;
        if (newest is not null && sample.Since != newest.Since) (@base, previous, newest) = (null, null, null);
        // Counted on since before this write: what comes from here on is of it.
        if (newest is null && sample.Since < since) @base = sample;
        if (sample.Total == newest?.Total) return;
        (previous, newest) = (newest, sample);
    }
}
