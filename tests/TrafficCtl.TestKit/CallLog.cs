using System.Collections.Immutable;

namespace TrafficCtl.TestKit;

/// <summary>The calls of ports that one flow made, oldest first, such as <c>store.Commit</c>.</summary>
public sealed class CallLog
{
    private readonly Lock gate = new();
    private ImmutableArray<string> names = [];

    public ImmutableArray<string> Names
    {
        get
        {
            lock (gate) return names;
        }
    }

    public void Add(string port, string name)
    {
        lock (gate) names = names.Add($"{port}.{name.Replace("Async", null, StringComparison.Ordinal)}");
    }
}
