using System.Collections.Immutable;
using System.Text;
using TrafficCtl.Daemon.Config.Reporting;

namespace TrafficCtl.Offline.Judging;

/// <summary>The keys that an object of a window may have. All of them are named here.</summary>
internal sealed class KeySet
{
    public static readonly KeySet Window = new(
        "trace", "t", "dt", "step", "weight", "arm", "requests", "errors", "latency", "users", "metrics", "placebo", "late", "rawErrors",
        "topUserRequests", "topUserErrors",
        "clientErrors", "rawClientErrors", "bytes", "aborted", "routes", "topClientRequests", "topClientErrors");

    public static readonly KeySet Latency = new("bounds", "counts", "abandoned");
    public static readonly KeySet Users = new(
        "sessions", "broken", "errors", "squares", "failing", "full", "active", "requestSquares",
        "clientErrors", "clientSquares", "clientFailing");

    public static readonly KeySet Placebo = new("requests", "errors", "latency", "late");
    public static readonly KeySet PlaceboLatency = new("counts", "abandoned");

    public static readonly KeySet Route = new("name", "requests", "errors", "clientErrors", "latency");
    public static readonly KeySet RouteLatency = new("counts");

    public static readonly KeySet Bytes = new("bounds", "counts");
    public static readonly KeySet Aborted = new("count", "after");

    private readonly ImmutableArray<string> names;
    private readonly byte[][] bytes;

    private KeySet(params ImmutableArray<string> names)
    {
        this.names = names;
        bytes = [.. names.Select(Encoding.UTF8.GetBytes)];
    }

    public int Count => bytes.Length;

    /// <summary>
    /// The next key of an object and the colon behind it. Writers keep an order, so the search begins behind the last one.
    /// </summary>
    /// <param name="key">Its index; where it was found before, or −1 at first.</param>
    /// <param name="given">A bit for each key that was there.</param>
    public bool Read(ref JsonCursor from, ref int key, ref int given)
    {
        if (!from.Text(default, out var name)) return false;
        var last = key;
        for (var i = 1; i <= bytes.Length; i++)
        {
            key = (last + i) % bytes.Length;
            if (!name.SequenceEqual(bytes[key])) continue;
            if ((given & (1 << key)) != 0) return from.Fail($"{names[key]} is given twice, remove one");
            given |= 1 << key;
            return from.Needs(':');
        }

        var word = JsonCursor.Words(name);
        var hint = Suggest.DidYouMean(word, names) ?? $"known here: {string.Join(", ", names)}";
        return from.Fail($"there is no key \"{(word.Length <= 40 ? word : word[..40])}\", {hint}");
    }

    public ImmutableArray<string> Names => names;

    public bool Has(string name) => names.Contains(name, StringComparer.Ordinal);

    public ReadOnlySpan<byte> NameOf(int key) => bytes[key];
}
