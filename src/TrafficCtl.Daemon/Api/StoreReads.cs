using TrafficCtl.Control.Ports;
using TrafficCtl.Core.Formatting;

namespace TrafficCtl.Daemon.Api;

/// <summary>Bounds what a reader waits for a store: on a disk that hangs it would be for ever.</summary>
internal static class StoreReads
{
    /// <summary>Below the command line's patience of 5 s.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(3);

    /// <exception cref="StoreUnavailableException">It cannot be read, or the store does not answer in time.</exception>
    public static async Task<T> InTimeAsync<T>(this ValueTask<T> read, TimeProvider clock, CancellationToken stop)
    {
        try
        {
            return await read.AsTask().WaitAsync(Patience, clock, stop);
        }
        catch (TimeoutException late)
        {
            throw new StoreUnavailableException($"The store does not answer within {DurationText.Of(Patience)}.", late);
        }
    }
}
