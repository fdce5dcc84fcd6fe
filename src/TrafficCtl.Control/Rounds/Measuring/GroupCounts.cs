using TrafficCtl.Core.Signals;

namespace TrafficCtl.Control.Rounds.Measuring;

/// <summary>Where the groups of stable's instances stood when a tick began.</summary>
internal sealed class GroupCounts
{
    private Counts[] counts = [];
    private int grouping;

    public Counts this[int group] => counts[group];

    public bool AreOf(int count, int grouping) => counts.Length == count && this.grouping == grouping;

    public void Keep(ReadOnlySpan<Counts> groups, int grouping)
    {
        this.grouping = grouping;
        if (counts.Length != groups.Length || (groups.Length > 0 && counts[0].Layout != groups[0].Layout))
            counts = [.. groups.ToArray().Select(g => new Counts(g.Layout))];
        for (var i = 0; i < groups.Length; i++) counts[i].CopyFrom(groups[i]);
    }
}
