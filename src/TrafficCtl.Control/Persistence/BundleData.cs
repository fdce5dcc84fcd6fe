using TrafficCtl.Core.Promotion.Bundles;

namespace TrafficCtl.Control.Persistence;

/// <summary>What is kept of a bundle.</summary>
/// <param name="Hash">Of its parts: what is read back must have the same.</param>
internal sealed record BundleData(
    string Version, int Revision, BundlePart Artifact, BundlePart? Configuration, string Hash, string? Author, Uri? Change,
    Compatibility Compatibility, DateTimeOffset PublishedAt);
