namespace TrafficCtl.Core.Signals;

/// <summary>What is counted of a route group.</summary>
public enum PathCount
{
    /// <summary>Requests of users without a failure on the route so far, their first failed one included.</summary>
    Requests,

    /// <summary>Failed ones of those: one a user.</summary>
    Failures,

    /// <summary>Which users failed: a bit of 64 each, by hash. It is never reset, and merges by "or".</summary>
    FailingUsers,

    /// <summary>Requests of users without a client error on the route so far, their first one included.</summary>
    ClientRequests,

    /// <summary>Client errors (4xx) of those: one a user.</summary>
    ClientErrors,

    /// <summary>Which users met one, as <see cref="FailingUsers"/>.</summary>
    ClientErrorUsers,
}

/// <summary>Measurements of one arm by route group: additive, but for the sets of users.</summary>
/// <remarks>Mutable and reused by its one owner; never shared between threads.</remarks>
public sealed class PathCounts
{
    /// <summary>Numbers of a group: one for each of <see cref="PathCount"/>, then the buckets of latency.</summary>
    public const int Fields = FirstBucket + PathBuckets.Count;

    private const int FirstBucket = (int)PathCount.ClientErrorUsers + 1;

    private long[] values = [];

    /// <summary>Groups, the rest included; 0 for nothing measured.</summary>
    public int Groups { get; private set; }

    /// <summary>The numbers of all groups, one group after the other.</summary>
    public ReadOnlySpan<long> Values => values.AsSpan(0, Groups * Fields);

    /// <summary>The same, to be written to.</summary>
    internal Span<long> Room => values.AsSpan(0, Groups * Fields);

    public ref long this[int group, PathCount count] => ref Of(group)[(int)count];

    /// <summary>Requests per bucket of <see cref="PathBuckets"/>: the first one of each user.</summary>
    public Span<long> Times(int group) => Of(group)[FirstBucket..];

    /// <summary>Nothing but users was counted.</summary>
    public bool IsEmpty
    {
        get
        {
            for (var i = 0; i < Groups * Fields; i++)
                if (values[i] != 0 && !IsSet(i % Fields)) return false;
            return true;
        }
    }

    /// <summary>Zeros, for so many groups.</summary>
    public void Begin(int groups)
    {
        if (values.Length < groups * Fields) values = new long[groups * Fields];
        else Array.Clear(values, 0, groups * Fields);
        Groups = groups;
    }

    /// <summary>Adds counts of the same groups; of other groups nothing can be said, so they are left out.</summary>
    public void Add(PathCounts other)
    {
        if (other.Groups == 0) return;
        if (Groups == 0) Begin(other.Groups);
        if (Groups != other.Groups) return;
        for (var i = 0; i < Groups * Fields; i++)
        {
            if (IsSet(i % Fields)) values[i] |= other.values[i];
            else values[i] += other.values[i];
        }
    }

    /// <summary>Turns cumulative counts into those since an earlier reading; the sets of users stay.</summary>
    public void Subtract(PathCounts earlier)
    {
        if (Groups != earlier.Groups) return;
        for (var i = 0; i < Groups * Fields; i++)
            if (!IsSet(i % Fields)) values[i] -= earlier.values[i];
    }

    private Span<long> Of(int group)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)group, (uint)Groups, nameof(group));
        return values.AsSpan(group * Fields, Fields);
    }

    internal static bool IsSet(int field) => field is (int)PathCount.FailingUsers or (int)PathCount.ClientErrorUsers;
}
