using System.Collections.Concurrent;
using System.Globalization;

namespace TrafficCtl.ApiLoad.Fuzzing;

/// <summary>What became of the inputs of one kind.</summary>
public sealed class FuzzReport(string kind)
{
    private readonly ConcurrentDictionary<string, long> classes = new(StringComparer.Ordinal);
    private readonly ConcurrentQueue<string> bad = new();
    private readonly Lock gate = new();

    public string Kind => kind;

    public long Inputs => classes.Values.Sum();

    /// <summary>The longest time of one input until its connection or its call had ended.</summary>
    public TimeSpan Slowest { get; private set; }

    /// <summary>The number of the slowest input.</summary>
    public int SlowestNumber { get; private set; }

    /// <summary>Inputs that were answered by a fault of the server, or not at all.</summary>
    public IReadOnlyCollection<string> Bad => bad;

    /// <summary>How many inputs were answered how, the most frequent first.</summary>
    public IEnumerable<(string Class, long Count)> Classes =>
        classes.OrderByDescending(static c => c.Value).ThenBy(static c => c.Key, StringComparer.Ordinal)
            .Select(static c => (c.Key, c.Value));

    public override string ToString()
    {
        var counts = string.Join(", ", Classes.Select(static c => $"{c.Class} {c.Count.ToString("N0", CultureInfo.InvariantCulture)}"));
        return $"{kind}: {Inputs.ToString("N0", CultureInfo.InvariantCulture)} inputs, slowest {Slowest.TotalMilliseconds:0} ms "
            + $"(number {SlowestNumber}); {counts}";
    }

    /// <param name="number">Of the input.</param>
    /// <param name="answered">The class of its answer.</param>
    /// <param name="took">Until its end.</param>
    /// <param name="isBad">A fault of the server.</param>
    /// <param name="input">What was sent, for a person.</param>
    internal void Add(int number, string answered, TimeSpan took, bool isBad, Func<string> input)
    {
        classes.AddOrUpdate(answered, 1, static (_, n) => n + 1);
        if (isBad) bad.Enqueue($"{kind} {number}: {answered}: {input()}");
        lock (gate)
        {
            if (took > Slowest) (Slowest, SlowestNumber) = (took, number);
        }
    }
}
