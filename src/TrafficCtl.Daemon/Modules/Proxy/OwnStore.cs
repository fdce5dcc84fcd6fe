using Microsoft.Extensions.Logging;
using TrafficCtl.Adapters.Storage;
using TrafficCtl.Control.Ports;
using TrafficCtl.Core.Formatting;
using TrafficCtl.Proxy.Routing;

namespace TrafficCtl.Daemon.Modules.Proxy;

/// <summary>The store in the data directory of this process: opened beside the traffic, and what was lost with it.</summary>
internal sealed partial class OwnStore(
    IStoreOpening store, EmbeddedRouter router, DataDirectory data, TimeProvider clock, ILogger<OwnStore> log)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    /// <summary>Null while the store is not open.</summary>
    public OpenResult? Opened => store.Opened;

    /// <summary>
    /// A big store takes seconds to check, and traffic does not wait for it. One that cannot be used now (a full disk, a read-only
    /// mount) is retried by the loop where an earlier process left what to serve; a process that begins is refused without one.
    /// </summary>
    public async Task OpenAsync(bool hasServed, CancellationToken stop)
    {
        try
        {
            await store.OpenAsync(stop).WaitAsync(Patience, clock, stop);
        }
        catch (TimeoutException)
        {
            LogNoStore($"it is not open after {DurationText.Of(Patience)}");
        }
        catch (StoreUnavailableException fault) when (hasServed && !fault.IsForeign)
        {
            LogNoStore(fault.Message.TrimEnd('.'));
        }
    }

    /// <summary>Also of a store that is opened late.</summary>
    public async Task TellLossAsync(CancellationToken stop)
    {
        try
        {
            if (WhatWasLost(await store.WhenOpened.WaitAsync(stop)) is { } lost) LogLost(lost);
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // It was never opened.
        }
    }

    /// <summary>
    /// Why the store began anew although an earlier process had kept its state here; null when nothing is known to be lost.
    /// </summary>
    public string? WhatWasLost(OpenResult opened) => opened switch
    {
        { MovedAside: { } aside } => $"the store was damaged and lies at {aside} now",
        { IsLost: true } => $"the store {data.Database} is gone, though there was one",
        { IsNew: true } when !router.LastKnown.IsEmpty => $"the store {data.Database} is gone, though the last routes are still there",
        _ => null,
    };

    [LoggerMessage(Level = LogLevel.Critical, Message = "State is lost: {Why}. Every service serves the stable version of its last route, "
        + "else of its file, and no version starts by itself: publish what is to come next")]
    private partial void LogLost(string why);

    [LoggerMessage(Level = LogLevel.Error, Message = "Started without the store: {Why}. Traffic is served as an earlier process left it, "
        + "nothing is decided, and it is retried")]
    private partial void LogNoStore(string why);
}
