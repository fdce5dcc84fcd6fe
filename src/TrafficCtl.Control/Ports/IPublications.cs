using System.Collections.Immutable;
using TrafficCtl.Core.Promotion.Bundles;

namespace TrafficCtl.Control.Ports;

/// <summary>The versions that were published. They are appended, never changed.</summary>
/// <remarks>Every method may throw <see cref="StoreUnavailableException"/>: then nothing was recorded.</remarks>
public interface IPublications
{
    /// <summary>Records a version durably, unless the service has it already: the same content once more changes nothing.</summary>
    ValueTask<PublicationOutcome> PublishAsync(Publication publication, CancellationToken stop);

    /// <summary>Of one service, oldest first.</summary>
    ValueTask<ImmutableArray<Publication>> PublicationsAsync(string service, CancellationToken stop);
}

public enum PublicationAnswer
{
    Recorded,

    /// <summary>The version was published before, with the same digest. What was recorded then stands.</summary>
    Known,

    /// <summary>The version was published before, with another digest: nothing was recorded.</summary>
    OtherDigest,

    /// <summary>Something else was published under the same idempotency key: nothing was recorded.</summary>
    KeyWasUsed,
}

/// <param name="Held">What is recorded: of the version, or under the key where <paramref name="Answer"/> is about that.</param>
public sealed record PublicationOutcome(PublicationAnswer Answer, Publication Held);
