namespace TrafficCtl.Adapters.Storage;

/// <summary>How a store was found at start.</summary>
/// <param name="IsNew">It holds nothing: there was no file, or the file was damaged and moved aside.</param>
/// <param name="MovedAside">Where the damaged file lies now, for repair by hand; null when there was none.</param>
public sealed record OpenResult(bool IsNew, string? MovedAside)
{
    /// <summary>There was a store here before, and its file is gone or empty.</summary>
    public bool IsLost { get; init; }
}

/// <summary>The open files of a store, as seen from outside.</summary>
public sealed class StoreFiles
{
    private readonly Func<string?> find;

    internal StoreFiles(Func<string?> find) => this.find = find;

    /// <summary>
    /// Why what is written now would be lost, and what to do; null when all is well. It asks the file system, which may hang.
    /// </summary>
    public string? FindTrouble() => find();
}
