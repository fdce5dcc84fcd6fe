namespace TrafficCtl.Adapters.Storage;

/// <summary>How a store was found at start.</summary>
/// <param name="IsNew">It holds nothing: there was no file, or the file was damaged and moved aside.</param>
/// <param name="MovedAside">Where the damaged file lies now, for repair by hand; null when there was none.</param>
public sealed record OpenResult(bool IsNew, string? MovedAside);
