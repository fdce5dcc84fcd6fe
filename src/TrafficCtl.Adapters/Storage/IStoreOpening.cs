using TrafficCtl.Control.Ports;

namespace TrafficCtl.Adapters.Storage;

/// <summary>The opening of a store that other parts of the process do not wait for.</summary>
public interface IStoreOpening
{
    /// <summary>How the file was found; null before it was opened.</summary>
    OpenResult? Opened { get; }

    /// <summary>Ends when it is opened for the first time; never with a fault.</summary>
    Task<OpenResult> WhenOpened { get; }

    /// <summary>Opens it, or waits for the opening under way. A later call tries again.</summary>
    /// <exception cref="StoreUnavailableException">It cannot be opened now.</exception>
    Task<OpenResult> OpenAsync(CancellationToken stop);
}
