using System.Collections.Immutable;
using TrafficCtl.Control.Ports;
using TrafficCtl.Control.Promoting;
using TrafficCtl.Control.Viewing;
using TrafficCtl.Core.Targets;
using TrafficCtl.Daemon.Access;
using TrafficCtl.V1;

namespace TrafficCtl.Daemon.Api;

/// <summary>Publishing, for both protocols.</summary>
/// <param name="store">Null where the record is kept in a cluster, which holds no publications.</param>
/// <param name="pipelines">Null in a process without pipelines.</param>
/// <param name="published">Null where nobody follows what is published.</param>
internal sealed class PublicationHandlers(
    TargetLookup targets, Views views, TimeProvider clock, Audit audit, IPublications? store = null, PromotionViews? pipelines = null,
    VersionPublished? published = null)
{
    public async Task<Answer<PublishResponse>> PublishAsync(PublishRequest request, Caller caller, CancellationToken stop)
    {
        var (seen, unknown) = Find(caller, request.Service);
        if (unknown is not null) return unknown;
        var (publication, refusal) = PublicationRequests.Parse(request, caller, clock.GetUtcNow());
        if (publication is null) return refusal!;
        var (identity, who) = (caller.Identity, caller.Identity.Who(publication.Author));
        var what = $"publish {publication.Version} ({publication.Digest})";
        // A version may go wherever the service runs: so it takes the right everywhere that its sender may see.
        if (seen.Where(key => !identity.May(Act.Publish, key)).Take(1).ToArray() is [var forbidden])
        {
            var why = $"{who} is not {RoleTable.Words(Act.Publish)} of {forbidden}";
            audit.Refused(request.Service, who, identity.How, what, caller.From, "", why);
            return Refusal.Forbidden($"{why}: publish needs that role wherever the service runs");
        }

        if (store is null) return NotKept();
        var (answer, held) = await store.PublishAsync(publication, stop).InTimeAsync(clock, stop);
        if (answer is PublicationAnswer.OtherDigest or PublicationAnswer.KeyWasUsed)
        {
            var why = answer == PublicationAnswer.OtherDigest
                ? $"{held.Service} {held.Version} was published as {held.Digest}; a version never changes, "
                    + "publish the new content under another name"
                : $"the idempotency key was used for {held.Version} ({held.Digest}); use another for another version";
            audit.Refused(request.Service, who, identity.How, what, caller.From, "", why);
            return answer == PublicationAnswer.OtherDigest
                ? new Refusal(RefusalKind.AlreadyExists, "other digest", why) { Field = "digest" }
                : new Refusal(RefusalKind.KeyWasUsed, "key was used", why) { Field = "idempotency_key" };
        }

        var isKnown = answer == PublicationAnswer.Known;
        if (!isKnown) published?.Invoke(request.Service);
        audit.Granted(request.Service, who, identity.How, what, caller.From, "", isKnown ? "published before" : "published");
        return new PublishResponse { Published = PublicationRequests.Of(held), Known = isKnown };
    }

    public async Task<Answer<ListPublicationsResponse>> ListAsync(
        ListPublicationsRequest request, Caller caller, CancellationToken stop)
    {
        var (_, unknown) = Find(caller, request.Service);
        if (unknown is not null) return unknown;
        if (store is null) return NotKept();
        var response = new ListPublicationsResponse();
        var versions = await store.PublicationsAsync(request.Service, stop).InTimeAsync(clock, stop);
        response.Versions.AddRange(versions.Select(PublicationRequests.Of));
        return response;
    }

    /// <summary>The targets of the service that the caller may see; without one the service is unknown to it.</summary>
    /// <remarks>A pipeline has targets before the first version of it runs there.</remarks>
    private (ImmutableArray<TargetKey> Seen, Refusal? Unknown) Find(Caller caller, string service)
    {
        var declared = pipelines?.Find(service)?.Spec.Targets.Select(static target => target.Key) ?? [];
        ImmutableArray<TargetKey> seen = [.. views.Of(service).Select(static v => v.Key).Concat(declared).Distinct().Where(caller.Sees)];
        if (!seen.IsEmpty) return (seen, null);
        var (_, unknown) = targets.Find(caller, service, "", "");
        return (seen, unknown);
    }

    private static Refusal NotKept() => Refusal.BadRequest(
        "publications are not kept here: the record is in the cluster; run trafficctl with delivery files, which keeps it in a file");
}
