using TrafficCtl.Core.Routing;
using TrafficCtl.Core.Signals;

namespace TrafficCtl.Control.Rounds.Measuring;

/// <summary>Buffers of one layout, used for one service after the other.</summary>
internal sealed class Scratch(LatencyLayout layout)
{
    private readonly Counts[] groups = Buffers(layout), groupWindows = Buffers(layout);
    private int groupCount, grouping;

    public LatencyLayout Layout => layout;

    public Counts Stable { get; } = new(layout);

    public Counts Candidate { get; } = new(layout);

    public Counts StableWindow { get; } = new(layout);

    public Counts CandidateWindow { get; } = new(layout);

    /// <summary>Nothing of a reading is added yet.</summary>
    public void Begin(Reading reading)
    {
        Stable.Clear();
        Candidate.Clear();
        (groupCount, grouping) = (0, reading.Grouping);
    }

    public Counts Add(ArmReading arm)
    {
        var sum = arm.Arm == Arm.Stable ? Stable : Candidate;
        sum.Add(arm.Counts);
        return sum;
    }

    /// <summary>Beside the whole also its group, if it is of one.</summary>
    public void AddApart(ArmReading arm)
    {
        if (Add(arm) != Stable || arm.Group is not { } group || group >= groups.Length) return;
        while (groupCount <= group) groups[groupCount++].Clear();
        groups[group].Add(arm.Counts);
    }

    /// <summary>The parts of <see cref="Stable"/> that are measured apart, as they stand.</summary>
    public void KeepGroups(GroupCounts kept) => kept.Keep(groups.AsSpan(0, groupCount), grouping);

    /// <summary>What the groups counted since; null when there are none, or were not the same ones.</summary>
    /// <param name="since">Where they stood.</param>
    /// <param name="countsAll">Nothing is capped per user.</param>
    public Counts[]? GroupWindows(GroupCounts since, bool countsAll)
    {
        if (groupCount == 0 || !since.AreOf(groupCount, grouping)) return null;
        for (var i = 0; i < groupCount; i++)
        {
            groupWindows[i].CopyFrom(groups[i]);
            groupWindows[i].Subtract(since[i]);
            if (countsAll) groupWindows[i].CountAll();
        }

        return groupCount == groupWindows.Length ? groupWindows : groupWindows[..groupCount];
    }

    private static Counts[] Buffers(LatencyLayout layout) => [.. Enumerable.Range(0, Tick.MostPlacebos).Select(_ => new Counts(layout))];
}

/// <summary>
/// A set of buffers for each layout that evidence is kept in: few, as a source gives the same object for the same buckets.
/// </summary>
internal sealed class Scratches
{
    private const int Most = 64;

    private readonly Dictionary<LatencyLayout, Scratch> held = new() { [LatencyLayout.Proxy] = new Scratch(LatencyLayout.Proxy) };

    /// <summary>The buffers of a layout, or of another object with the same edges.</summary>
    public Scratch Of(LatencyLayout layout)
    {
        if (held.TryGetValue(layout, out var scratch)) return scratch;
        foreach (var known in held.Values)
            if (!layout.IsNone && known.Layout.Matches(layout)) return known;
        if (held.Count >= Most) held.Clear();
        return held[layout] = new Scratch(layout);
    }
}
