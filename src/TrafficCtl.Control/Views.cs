using System.Collections.Concurrent;
using System.Collections.Immutable;
using TrafficCtl.Core.Delivery;

namespace TrafficCtl.Control;

/// <summary>The latest view of every service: read by anybody at any time, written by the loop.</summary>
public sealed class Views
{
    private readonly ConcurrentDictionary<string, ServiceView> views = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, string> notices = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, ImmutableArray<string>> remarks = new(StringComparer.Ordinal);
    private readonly Lock gate = new();
    private long version;
    private TaskCompletionSource<long> next = New();

    /// <summary>In the order of names.</summary>
    public ImmutableArray<ServiceView> All => [.. views.Values.OrderBy(v => v.Spec.Service, StringComparer.Ordinal)];

    /// <summary>Rises with every round that published a view.</summary>
    public long Version => Interlocked.Read(ref version);

    /// <summary>Null when no file names the service.</summary>
    public ServiceView? Find(string service) => views.GetValueOrDefault(service);

    /// <summary>Waits for a version above <paramref name="after"/> and returns it; at once when there is one.</summary>
    public Task<long> ChangedAsync(long after, CancellationToken stop)
    {
        lock (gate)
            return version > after ? Task.FromResult(version) : next.Task.WaitAsync(stop);
    }

    /// <summary>A warning of the whole process (a refused reload), shown with every service until it is withdrawn by null.</summary>
    public void Notice(string source, string? text)
    {
        if (text is null) notices.TryRemove(source, out _);
        else notices[source] = text;
    }

    /// <summary>What is wrong with the declaration of one service, or with where it runs; shown with it until there is nothing.</summary>
    public void Remark(string service, ImmutableArray<string> words)
    {
        if (words.IsEmpty) remarks.TryRemove(service, out _);
        else remarks[service] = words;
    }

    internal ImmutableArray<string> RemarksOn(string service) => remarks.TryGetValue(service, out var words) ? words : [];

    internal ImmutableArray<string> Notices => notices.IsEmpty ? [] : [.. notices.OrderBy(n => n.Key, StringComparer.Ordinal).Select(n => n.Value)];

    /// <summary>Another process may decide from now on: what is declared stays, what this one knew of it is neither shown nor believed any more.</summary>
    public void Forget()
    {
        foreach (var service in views.Keys)
            while (views.TryGetValue(service, out var held) && !views.TryUpdate(service, ServiceView.Unknown(held.Spec, held.At), held))
            {
                // It was shown anew in between.
            }

        Publish();
    }

    /// <summary>Declares a service; what is known of it stays unless it is of another environment.</summary>
    internal void Declare(ServiceSpec spec, DateTimeOffset now) => views.AddOrUpdate(
        spec.Service, ServiceView.Unknown(spec, now), (_, held) => held.Spec.Environment == spec.Environment ? held with { Spec = spec } : ServiceView.Unknown(spec, now));

    internal void Put(ServiceView view) => views[view.Spec.Service] = view;

    internal void Remove(string service) => views.TryRemove(service, out _);

    /// <summary>Ends a round: everybody who waits sees all of its views.</summary>
    internal void Publish()
    {
        TaskCompletionSource<long> waiting;
        lock (gate)
        {
            version++;
            waiting = next;
            next = New();
        }

        waiting.TrySetResult(Version);
    }

    private static TaskCompletionSource<long> New() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
