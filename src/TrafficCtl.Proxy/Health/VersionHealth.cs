using System.Collections.Immutable;
using TrafficCtl.Core.Rollouts;

namespace TrafficCtl.Proxy.Health;

/// <summary>
/// The probes' findings of one version: an endpoint lives from its first good probe, and dies at the second bad one in a row.
/// </summary>
internal sealed class VersionHealth
{
    private const int DeadAfter = 2;

    private readonly Lock gate = new();
    private readonly Dictionary<string, Endpoint> endpoints = new(StringComparer.Ordinal);
    private readonly TimeProvider clock;
    private long? goneSince;

    public VersionHealth(TimeProvider clock)
    {
        this.clock = clock;
        goneSince = clock.GetTimestamp();
    }

    public void Track(ImmutableArray<Uri> named)
    {
        lock (gate)
        {
            var names = named.Select(e => e.AbsoluteUri).ToHashSet(StringComparer.Ordinal);
            foreach (var gone in endpoints.Keys.Where(k => !names.Contains(k)).ToArray()) endpoints.Remove(gone);
            foreach (var name in names) endpoints.TryAdd(name, new Endpoint());
            Settle();
        }
    }

    /// <summary>Takes a probe's result.</summary>
    /// <returns>Whether the endpoint may take traffic now; null while nothing speaks against it and nothing for it.</returns>
    public bool? Note(Uri endpoint, bool isGood)
    {
        lock (gate)
        {
            if (!endpoints.TryGetValue(endpoint.AbsoluteUri, out var found)) return null;
            found.BadInARow = isGood ? 0 : found.BadInARow + 1;
            found.WasGood |= isGood;
            if (isGood) found.IsLive = true;
            else if (found.BadInARow >= DeadAfter) found.IsLive = false;
            Settle();
            return found.IsLive ? true : found.BadInARow >= DeadAfter ? false : null;
        }
    }

    public ArmHealth Read()
    {
        lock (gate)
            return new ArmHealth(
                endpoints.Count, endpoints.Values.Count(e => e.IsLive), endpoints.Values.Count(e => e.WasGood),
                goneSince is { } since ? clock.GetElapsedTime(since) : null);
    }

    private void Settle()
    {
        if (endpoints.Values.Any(e => e.IsLive)) goneSince = null;
        else goneSince ??= clock.GetTimestamp();
    }

    private sealed class Endpoint
    {
        public bool IsLive { get; set; }

        public bool WasGood { get; set; }

        public int BadInARow { get; set; }
    }
}
