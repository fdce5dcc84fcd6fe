using System.Collections.Immutable;
using Google.Protobuf.WellKnownTypes;
using TrafficCtl.Core.Promotion.Bundles;
using TrafficCtl.V1;

namespace TrafficCtl.Daemon.Api.Promotions;

/// <summary>What is known of pipelines, for both protocols.</summary>
internal sealed class PipelineHandlers(PipelineLookup pipelines, TimeProvider clock)
{
    public Task<Answer<ListPipelinesResponse>> ListAsync(ListPipelinesRequest request, Caller caller, CancellationToken stop)
    {
        if (request.Limit < 0) return Task.FromResult<Answer<ListPipelinesResponse>>(PromotionRequests.BadLimit);
        var (response, now) = (new ListPipelinesResponse(), clock.GetUtcNow());
        var page = pipelines.All(caller).Where(v => string.CompareOrdinal(v.Spec.Service, request.After) > 0)
            .Take(request.Limit == 0 ? int.MaxValue : request.Limit);
        foreach (var view in page)
        {
            stop.ThrowIfCancellationRequested();
            response.Pipelines.Add(PipelineMessages.Of(view, PipelineLookup.Seen(caller, view), now, withForecasts: false));
        }

        return Task.FromResult<Answer<ListPipelinesResponse>>(response);
    }

    public Task<Answer<PipelineStatus>> GetAsync(GetPipelineRequest request, Caller caller, CancellationToken stop)
    {
        var (view, refusal) = pipelines.Find(caller, request.Service);
        return Task.FromResult<Answer<PipelineStatus>>(view is null
            ? refusal!
            : PipelineMessages.Of(view, PipelineLookup.Seen(caller, view), clock.GetUtcNow(), withForecasts: true));
    }

    public Task<Answer<WhenResponse>> WhenAsync(WhenRequest request, Caller caller, CancellationToken stop)
    {
        var (view, refusal) = pipelines.Find(caller, request.Service);
        if (view is null) return Task.FromResult<Answer<WhenResponse>>(refusal!);
        ImmutableArray<Bundle> asked;
        if (request.Version.Length > 0)
        {
            var (placed, unknown) = PipelineLookup.FindVersion(view, request.Version);
            if (placed is null) return Task.FromResult<Answer<WhenResponse>>(unknown!);
            asked = [placed.Bundle];
        }
        else
        {
            asked = PipelineForecasts.OnTheirWay(view);
        }

        var now = clock.GetUtcNow();
        var response = new WhenResponse { Service = view.Spec.Service, At = now.ToTimestamp() };
        foreach (var bundle in asked)
        {
            stop.ThrowIfCancellationRequested();
            response.Versions.Add(PipelineForecasts.Of(view, PipelineLookup.Seen(caller, view), bundle, now));
        }

        return Task.FromResult<Answer<WhenResponse>>(response);
    }
}
