using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace TrafficCtl.Core.Promotion.Bundles;

/// <summary>An immutable pair of artifact and configuration: what moves through environments.</summary>
/// <remarks>Only <see cref="Pairing"/> makes one, so that the parts of a bundle are always of one commit.</remarks>
public sealed record Bundle
{
    internal Bundle(string version, int revision, BundlePart artifact, BundlePart? configuration)
    {
        (Version, Revision, Artifact, Configuration) = (version, revision, artifact, configuration);
        Hash = HashOf(artifact, configuration);
        Name = NameOf(version, revision);
    }

    /// <summary>The version that a person gave it, such as <c>v24</c>; a revision has that of its base.</summary>
    public string Version { get; }

    /// <summary>0, or the number of a configuration-only revision: 3 is <c>v24+cfg.3</c>.</summary>
    public int Revision { get; }

    public BundlePart Artifact { get; }

    /// <summary>Null where the artifact is everything.</summary>
    public BundlePart? Configuration { get; }

    /// <summary>The identity of the bundle: SHA-256 of both digests, in hexadecimal.</summary>
    public string Hash { get; }

    /// <summary>For readers: <c>v24</c>, <c>v24+cfg.3</c>.</summary>
    public string Name { get; }

    public bool IsRevision => Revision > 0;

    /// <summary>The commit of both parts; null where neither has one.</summary>
    public string? Commit => Artifact.Commit ?? Configuration?.Commit;

    /// <summary>Who made the change: an approval by the author may not count.</summary>
    public string? Author { get; init; }

    /// <summary>Where the change is described.</summary>
    public Uri? Change { get; init; }

    public Compatibility Compatibility { get; init; }

    public DateTimeOffset PublishedAt { get; init; }

    public override string ToString() => Name;

    internal static string NameOf(string version, int revision) =>
        revision == 0 ? version : string.Create(CultureInfo.InvariantCulture, $"{version}+cfg.{revision}");

    private static string HashOf(BundlePart artifact, BundlePart? configuration) => Convert.ToHexStringLower(
        SHA256.HashData(Encoding.UTF8.GetBytes($"{artifact.Digest.Length}:{artifact.Digest}\n{configuration?.Digest}")));
}
