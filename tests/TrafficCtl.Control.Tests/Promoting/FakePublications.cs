using System.Collections.Immutable;
using TrafficCtl.Control.Ports;
using TrafficCtl.Core.Promotion.Bundles;
using TrafficCtl.TestKit;

namespace TrafficCtl.Control.Tests.Promoting;

/// <summary>Publications in memory.</summary>
internal sealed class FakePublications(PortCalls calls) : IPublications
{
    private ImmutableArray<Publication> all = [];

    public ValueTask<PublicationOutcome> PublishAsync(Publication publication, CancellationToken stop)
    {
        if (all.FirstOrDefault(p => p.Service == publication.Service && p.Version == publication.Version) is { } held)
            return new(new PublicationOutcome(
                held.Digest == publication.Digest ? PublicationAnswer.Known : PublicationAnswer.OtherDigest, held));
        publication = publication with { Seq = all.Length + 1 };
        all = all.Add(publication);
        return new(new PublicationOutcome(PublicationAnswer.Recorded, publication));
    }

    public ValueTask<ImmutableArray<Publication>> PublicationsAsync(string service, CancellationToken stop)
    {
        try
        {
            return new(calls.Make<ImmutableArray<Publication>>(
                () => [.. all.Where(p => p.Service == service)],
                static () => new StoreUnavailableException("the fake publications are gone"), "publications", nameof(PublicationsAsync)));
        }
        catch (Exception fault)
        {
            return ValueTask.FromException<ImmutableArray<Publication>>(fault);
        }
    }
}
