using System.Collections.Immutable;
using TrafficCtl.Core.Gates;
using TrafficCtl.Daemon.Config.Schema;

namespace TrafficCtl.Daemon.Config.Reading;

/// <summary>A gate as files write it: <c>KEY: VALUE</c>, one item of <c>needs</c>.</summary>
/// <param name="Key">Its key; the shape has an example.</param>
/// <param name="Read">The gates of a value that passed the key's shape.</param>
internal sealed record GateRow(Key Key, Func<Value, ImmutableArray<Gate>> Read)
{
    /// <summary>How its value is written.</summary>
    public string Example => Key.Shape.Example ?? throw new InvalidOperationException($"the gate {Key.Name} has no example");

    /// <summary>A row whose key has one value, which makes one gate.</summary>
    public static GateRow OfOne<T>(Key key, Func<T, Gate> make) => new(key, value => [make((T)((Value.Leaf)value).Content)]);

    /// <summary>A row whose key has a list of values, a gate each.</summary>
    public static GateRow OfEach<T>(Key key, Func<T, Gate> make) => new(key, value => [.. ((Value.Items)value).All<T>().Select(make)]);
}
