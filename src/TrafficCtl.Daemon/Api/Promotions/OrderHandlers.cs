using TrafficCtl.Control.Promoting;
using TrafficCtl.Core.Promotion.Facts;
using TrafficCtl.Daemon.Access;
using TrafficCtl.Daemon.Texts;
using TrafficCtl.V1;

namespace TrafficCtl.Daemon.Api.Promotions;

/// <summary>What people order of pipelines, for both protocols.</summary>
/// <param name="orders">Null in a process without pipelines.</param>
internal sealed class OrderHandlers(
    PipelineLookup pipelines, CallLimits limits, Audit audit, TimeProvider clock, IPromotionOrders? orders)
{
    private const string AllServices = "all services";

    /// <summary>Below the command line's patience of 5 s.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(4);

    public async Task<Answer<MakeOrderResponse>> MakeAsync(MakeOrderRequest request, Caller caller, CancellationToken stop)
    {
        if (limits.RefuseWish(caller) is { } tooMany) return tooMany;
        var (kind, wrong) = OrderRequests.Parse(request);
        if (kind is null) return wrong!;
        var (order, unknown) = Read(request, kind, caller);
        if (order is null)
        {
            // To its sender what it may not read does not exist; whoever reads the log learns that it was tried.
            if (unknown!.Kind == RefusalKind.NotFound)
                audit.Refused(
                    Quoted.Short(request.Service), caller.Identity.Who(request.Who), caller.Identity.How, kind.Name, caller.From,
                    request.Reason, unknown.Detail);
            return unknown;
        }

        var (identity, who) = (caller.Identity, caller.Identity.Who(request.Who));
        var what = order.Version is { } version ? $"{kind.Name} {version}" : kind.Name;
        if (order.Reached.Any(key => !identity.May(kind.Act, key)))
        {
            // No name of what the caller may not read.
            var here = order.Reached.FirstOrDefault(key => caller.Sees(key) && !identity.May(kind.Act, key));
            var why = $"{who} is not {RoleTable.Words(kind.Act)} of {(here == default ? "everything that it reaches" : here)}";
            audit.Refused(order.What, who, identity.How, what, caller.From, request.Reason, why);
            return Refusal.Forbidden($"{why}: {kind.Name} needs that role wherever it reaches");
        }

        if (orders is null) return NoPipelines;
        return await PassOnAsync(orders, request, order, caller, what, stop);
    }

    private Answer<ReadOrder> Read(MakeOrderRequest request, OrderKind kind, Caller caller)
    {
        if (request.Service.Length == 0)
            return pipelines.Everything.IsEmpty
                ? NoPipelines
                : new ReadOrder(AllServices, OrderReader.TargetsOf(pipelines.Everything), OrderReader.OfLine(kind, LineScope.Organisation));
        var (view, unknown) = pipelines.Find(caller, request.Service);
        return view is null ? unknown! : OrderReader.Read(request, kind, view, caller);
    }

    /// <summary>Whatever comes of it is written down.</summary>
    private async Task<Answer<MakeOrderResponse>> PassOnAsync(
        IPromotionOrders to, MakeOrderRequest request, ReadOrder order, Caller caller, string what, CancellationToken stop)
    {
        var (identity, who) = (caller.Identity, caller.Identity.Who(request.Who));
        var service = request.Service.Length > 0 ? request.Service : null;
        OrderOutcome outcome;
        try
        {
            outcome = await to.MakeAsync(service, at => order.Make(new FactStamp(0, at, who, request.Reason)), stop).AsTask()
                .WaitAsync(Patience, clock, stop);
        }
        catch (TimeoutException)
        {
            const string Late = "no answer yet: it may be recorded; see trafficctl status, and order it again if it is not";
            audit.Failed(order.What, who, identity.How, what, caller.From, request.Reason, Late);
            return Refusal.StoreUnavailable(Late);
        }
        catch (Exception fault)
        {
            var why = fault is OperationCanceledException ? "the caller did not wait for the answer; it may be recorded" : fault.Message;
            audit.Failed(order.What, who, identity.How, what, caller.From, request.Reason, why);
            throw;
        }

        audit.Granted(order.What, who, identity.How, what, caller.From, request.Reason, outcome.Answer);
        var response = new MakeOrderResponse
        {
            Accepted = outcome.IsAccepted,
            Answer = outcome.Answer,
            Version = order.Version ?? "",
        };
        if (outcome.Fact is { } fact) response.Seq = fact.Stamp.Sequence;
        return response;
    }

    private static Refusal NoPipelines =>
        Refusal.BadRequest("there is no pipeline here: a delivery file declares one by its environments", "service");
}
