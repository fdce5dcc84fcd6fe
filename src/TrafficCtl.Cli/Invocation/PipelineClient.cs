using Grpc.Core;
using TrafficCtl.V1;

namespace TrafficCtl.Cli.Invocation;

/// <summary>The calls of the admin API about pipelines; what goes wrong is a <see cref="Failure"/>.</summary>
internal sealed class PipelineClient(AdminClient client, ChannelBase channel)
{
    /// <summary>Of a list.</summary>
    private const int PageSize = 200;

    private readonly V1.Promotions.PromotionsClient promotions = new(channel);

    /// <summary>Every pipeline, in the order of names.</summary>
    public async Task<ListPipelinesResponse> ListAsync(CancellationToken stop)
    {
        var all = new ListPipelinesResponse();
        while (true)
        {
            var after = all.Pipelines.Count == 0 ? "" : all.Pipelines[^1].Service;
            var request = new ListPipelinesRequest { Limit = PageSize, After = after };
            var page = await client.AskAsync(options => promotions.ListPipelinesAsync(request, options), stop);
            all.Pipelines.AddRange(page.Pipelines);
            if (page.Pipelines.Count < PageSize) return all;
        }
    }

    /// <summary>Every pipeline; none where the daemon is older than pipelines.</summary>
    public async Task<ListPipelinesResponse> ListIfAnyAsync(CancellationToken stop)
    {
        try
        {
            return await ListAsync(stop);
        }
        catch (Failure failure) when (failure.IsNotThere)
        {
            return new ListPipelinesResponse();
        }
    }

    public Task<PipelineStatus> GetAsync(string service, CancellationToken stop)
    {
        var request = new GetPipelineRequest { Service = service };
        return client.AskAsync(options => promotions.GetPipelineAsync(request, options), stop);
    }

    /// <summary>Null where the service is none.</summary>
    public async Task<PipelineStatus?> FindAsync(string service, CancellationToken stop)
    {
        try
        {
            return await GetAsync(service, stop);
        }
        catch (Failure failure) when (failure.IsNotThere)
        {
            return null;
        }
    }

    /// <param name="service">The service.</param>
    /// <param name="version">Empty for every one that is on its way.</param>
    /// <param name="stop">Ends it.</param>
    public Task<WhenResponse> WhenAsync(string service, string version, CancellationToken stop)
    {
        var request = new WhenRequest { Service = service, Version = version };
        return client.AskAsync(options => promotions.WhenAsync(request, options), stop);
    }

    /// <remarks>Where the connection goes before the answer comes, it is sent once more: the same again changes nothing.</remarks>
    public async Task<MakeOrderResponse> OrderAsync(MakeOrderRequest request, CancellationToken stop)
    {
        try
        {
            return await SendAsync();
        }
        catch (Failure failure) when (failure.IsBroken)
        {
            return await SendAsync();
        }

        Task<MakeOrderResponse> SendAsync() => client.AskAsync(options => promotions.MakeOrderAsync(request, options), stop);
    }
}
