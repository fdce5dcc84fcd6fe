using System.Collections.Concurrent;
using System.Collections.Immutable;
using TrafficCtl.Core.Services;
using TrafficCtl.Core.Targets;

namespace TrafficCtl.Control.Viewing;

/// <summary>The latest view of every target: read by anybody at any time, written by the loop.</summary>
public sealed class Views
{
    private readonly ConcurrentDictionary<TargetKey, ServiceView> views = new();
    private readonly ConcurrentDictionary<string, ImmutableArray<TargetKey>> targets = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, string> notices = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<TargetKey, ImmutableArray<string>> remarks = new();
    private readonly Lock gate = new();
    private long version;
    private TaskCompletionSource<long> next = New();

    /// <summary>In the order of keys.</summary>
    public ImmutableArray<ServiceView> All => [.. views.Values.OrderBy(v => v.Key)];

    /// <summary>Rises with every round that published a view.</summary>
    public long Version => Interlocked.Read(ref version);

    /// <summary>Null when nothing declares the target.</summary>
    public ServiceView? Find(TargetKey key) => views.GetValueOrDefault(key);

    /// <summary>The targets of a service, in the order of keys; empty when nothing declares it.</summary>
    public ImmutableArray<ServiceView> Of(string service) =>
        targets.TryGetValue(service, out var keys) ? [.. keys.Select(views.GetValueOrDefault).OfType<ServiceView>()] : [];

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

    /// <summary>What is wrong with the declaration of one target, or with where it runs; shown with it until there is nothing.</summary>
    public void Remark(TargetKey key, ImmutableArray<string> words)
    {
        if (words.IsEmpty) remarks.TryRemove(key, out _);
        else remarks[key] = words;
    }

    internal ImmutableArray<string> RemarksOn(TargetKey key) => remarks.TryGetValue(key, out var words) ? words : [];

    internal ImmutableArray<string> Notices =>
        notices.IsEmpty ? [] : [.. notices.OrderBy(n => n.Key, StringComparer.Ordinal).Select(n => n.Value)];

    /// <summary>
    /// Another process may decide from now on: what is declared stays, what this one knew of it is neither shown nor believed any more.
    /// </summary>
    public void Forget()
    {
        foreach (var key in views.Keys)
            while (views.TryGetValue(key, out var held) && !views.TryUpdate(key, ServiceView.Unknown(held.Spec, held.At), held))
            {
                // It was shown anew in between.
            }

        Publish();
    }

    /// <summary>Declares a target; what is known of it stays.</summary>
    internal void Declare(ServiceSpec spec, DateTimeOffset now)
    {
        views.AddOrUpdate(spec.Key, ServiceView.Unknown(spec, now), (_, held) => held with { Spec = spec });
        Know(spec.Key);
    }

    internal void Put(ServiceView view)
    {
        views[view.Key] = view;
        Know(view.Key);
    }

    internal void Remove(TargetKey key)
    {
        if (!views.TryRemove(key, out _)) return;
        lock (gate)
        {
            if (!targets.TryGetValue(key.Service, out var keys)) return;
            if (keys.Remove(key) is { IsEmpty: false } rest) targets[key.Service] = rest;
            else targets.TryRemove(key.Service, out _);
        }
    }

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

    private void Know(TargetKey key)
    {
        if (targets.TryGetValue(key.Service, out var held) && held.Contains(key)) return;
        lock (gate)
        {
            var keys = targets.GetValueOrDefault(key.Service, []);
            if (!keys.Contains(key)) targets[key.Service] = keys.Add(key).Sort();
        }
    }

    private static TaskCompletionSource<long> New() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
