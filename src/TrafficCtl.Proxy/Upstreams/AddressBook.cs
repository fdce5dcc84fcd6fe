using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Net;
using System.Net.Sockets;
using TrafficCtl.Proxy.Settings;

namespace TrafficCtl.Proxy.Upstreams;

/// <param name="Addresses">At least one, in the order to try them in.</param>
/// <param name="Generation">Another one when the set of addresses is another one; their order is none of it.</param>
internal sealed record NameAnswer(ImmutableArray<IPAddress> Addresses, long Generation);

/// <summary>The addresses behind names. An answer that does not come leaves the last one in force.</summary>
internal sealed class AddressBook(NameLookup lookup, TimeProvider clock)
{
    /// <summary>With a last answer at hand nothing waits longer for a new one, which is taken when it comes.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(250);

    private readonly ConcurrentDictionary<string, Name> names = new(StringComparer.OrdinalIgnoreCase);
    private long generations;

    /// <summary>Asks, once for all who ask at the same time.</summary>
    /// <exception cref="SocketException">There is no such name, or no answer and there never was one.</exception>
    public async Task<NameAnswer> AskAsync(string name, CancellationToken stop)
    {
        var known = names.GetOrAdd(name, static _ => new Name());
        var asking = known.Ask(() => LookUpAsync(name, known));
        if (known.Last is not { } last) return (await asking.WaitAsync(stop)).OrThrow();
        try
        {
            var result = await asking.WaitAsync(Patience, clock, stop);
            return result.Answer ?? (IsNoSuchName(result.Fault!) ? result.OrThrow() : last);
        }
        catch (TimeoutException)
        {
            return last;
        }
    }

    /// <summary>Forgets all other names.</summary>
    public void Keep(IReadOnlySet<string> wanted)
    {
        foreach (var name in names.Keys)
            if (!wanted.Contains(name)) names.TryRemove(name, out _);
    }

    private async Task<Result> LookUpAsync(string name, Name known)
    {
        try
        {
            ImmutableArray<IPAddress> addresses = [.. await lookup(name, CancellationToken.None)];
            if (addresses.IsEmpty) throw new SocketException((int)SocketError.HostNotFound);
            var generation = known.Last is { } last && addresses.ToHashSet().SetEquals(last.Addresses)
                ? last.Generation
                : Interlocked.Increment(ref generations);
            return new Result(known.Last = new NameAnswer(addresses, generation), null);
        }
        catch (SocketException fault)
        {
            return new Result(null, fault);
        }
    }

    /// <summary>The name service knows that there is none: what had the name may be another's now.</summary>
    private static bool IsNoSuchName(SocketException fault) => fault.SocketErrorCode is SocketError.HostNotFound or SocketError.NoData;

    private readonly record struct Result(NameAnswer? Answer, SocketException? Fault)
    {
        public NameAnswer OrThrow() => Answer ?? throw new SocketException((int)Fault!.SocketErrorCode);
    }

    private sealed class Name
    {
        private readonly Lock gate = new();
        private Task<Result>? asking;
        private NameAnswer? last;

        public NameAnswer? Last
        {
            get => Volatile.Read(ref last);
            set => Volatile.Write(ref last, value);
        }

        public Task<Result> Ask(Func<Task<Result>> ask)
        {
            lock (gate) return asking = asking is { IsCompleted: false } ? asking : ask();
        }
    }
}
