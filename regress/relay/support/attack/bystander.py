"""A viewer beside clients that misbehave: it must not notice them, and the relay must keep nothing of them."""
from support.base.case import Case
from support.base.process import descriptors
from support.base.stack import wait_for
from support.viewer.raw import Raw
from support.viewer.viewer import Viewer


class Bystander(Case):
    async def asyncSetUp(self):
        self.match = self.stack.create_match()
        idle = self.stack.idle_descriptors()
        self.beside = await self.viewer()
        await self.beside.next("match")
        self.before = idle + 1
        self.clients = []

    async def asyncTearDown(self):
        for client in self.clients:
            client.close()
        self.stack.sql(f"SELECT commentary.post({self.match}, 'still here')")
        self.assertEqual((await self.beside.next())["message"], "still here")
        wait_for(lambda: self.descriptors() <= self.before, "no descriptor is left behind")
        await self.beside.close()

    def descriptors(self):
        return descriptors(self.stack.relay_pid)

    async def viewer(self):
        return await Viewer(self.stack, self.match).join()

    def raw(self):
        self.clients.append(Raw(self.stack))
        return self.clients[-1]
