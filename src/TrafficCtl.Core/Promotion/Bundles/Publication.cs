namespace TrafficCtl.Core.Promotion.Bundles;

/// <summary>One version of a service that may be run from now on. It never changes.</summary>
/// <param name="Digest">Of its content, as <c>sha256:</c> and 64 hexadecimal digits.</param>
/// <param name="Author">Who made it, as far as is known; empty where it is not.</param>
/// <param name="IsAuthorVerified">The author is the identity that published it, and not only a name that was given.</param>
/// <param name="At">When it was recorded.</param>
/// <param name="From">Where it came from: an address, or the folder that was watched.</param>
public sealed record Publication(
    string Service, string Version, string Digest, string Author, bool IsAuthorVerified, DateTimeOffset At, string From)
{
    /// <summary>Assigned by the store, rising; 0 before it is saved.</summary>
    public long Seq { get; init; }

    /// <summary>Where the content is; null where the digest alone names it.</summary>
    public string? Artifact { get; init; }

    /// <summary>The commit that it was built of; null where it is not known.</summary>
    public string? Commit { get; init; }

    /// <summary>The address of the change, such as a pull request; null without one.</summary>
    public string? Change { get; init; }

    public Compatibility Compatibility { get; init; } = Compatibility.Reversible;

    /// <summary>The name under which it may be sent again; null without one.</summary>
    public string? IdempotencyKey { get; init; }
}
