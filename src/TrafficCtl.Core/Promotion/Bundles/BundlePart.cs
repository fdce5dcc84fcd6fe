namespace TrafficCtl.Core.Promotion.Bundles;

/// <summary>One half of a bundle: an artifact or a configuration.</summary>
/// <param name="Reference">Where it is: an image, a path, a Git address.</param>
/// <param name="Digest">Names the content, such as <c>sha256:…</c>; the reference itself where nothing can be hashed.</param>
/// <param name="Commit">What it was built from; null where that is not known.</param>
public sealed record BundlePart(string Reference, string Digest, string? Commit = null);
