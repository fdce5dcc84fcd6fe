using TrafficCtl.Core.Signals;

namespace TrafficCtl.Control.Observing;

/// <summary>Buffers of one layout, used for one service after the other.</summary>
internal sealed class Scratch(LatencyLayout layout)
{
    public LatencyLayout Layout => layout;

    public Counts Stable { get; } = new(layout);

    public Counts Candidate { get; } = new(layout);

    public Counts StableWindow { get; } = new(layout);

    public Counts CandidateWindow { get; } = new(layout);
}

/// <summary>A set of buffers for each layout that readings come in: few, as a source gives the same object for the same buckets.</summary>
internal sealed class Scratches
{
    private const int Most = 64;

    private readonly Dictionary<LatencyLayout, Scratch> held = new() { [LatencyLayout.Proxy] = new Scratch(LatencyLayout.Proxy) };

    public Scratch Of(Reading reading)
    {
        var layout = reading.Arms.IsDefaultOrEmpty ? LatencyLayout.Proxy : reading.Arms[0].Counts.Layout;
        if (held.TryGetValue(layout, out var scratch)) return scratch;
        if (held.Count >= Most) held.Clear();
        return held[layout] = new Scratch(layout);
    }
}
