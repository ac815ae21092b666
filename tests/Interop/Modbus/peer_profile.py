"""A meter of pymodbus with a load profile in input registers: count and newest at 0 and 1, then a ring of records of five registers: time (seconds since 1970), status, watt hours.
Prints its port; then answers each line "END WATTHOURS" of its input with "ok" when the record is noted."""
import asyncio
import json
import sys

from pymodbus.constants import Endian
from pymodbus.datastore import ModbusSequentialDataBlock, ModbusServerContext, ModbusSlaveContext
from pymodbus.payload import BinaryPayloadBuilder
from pymodbus.server.async_io import ModbusTcpServer

CAPACITY = 48
HEADER = 2
LENGTH = 5
INPUT = 4


async def main():
    block = ModbusSequentialDataBlock(0, [0] * (HEADER + CAPACITY * LENGTH))
    unit = ModbusSlaveContext(ir=block, hr=ModbusSequentialDataBlock(0, [230]), zero_mode=True)
    server = ModbusTcpServer(ModbusServerContext(slaves={1: unit}, single=False), address=("127.0.0.1", 0))
    serving = asyncio.ensure_future(server.serve_forever())
    await server.serving
    print(json.dumps(server.server.sockets[0].getsockname()[1]), flush=True)
    loop = asyncio.get_running_loop()
    noted = 0
    while line := await loop.run_in_executor(None, sys.stdin.readline):
        end, watt_hours = map(int, line.split())
        builder = BinaryPayloadBuilder(byteorder=Endian.Big, wordorder=Endian.Big)
        builder.add_32bit_uint(end)
        builder.add_16bit_uint(0)
        builder.add_32bit_uint(watt_hours)
        slot = noted % CAPACITY
        noted += 1
        unit.setValues(INPUT, HEADER + slot * LENGTH, builder.to_registers())
        unit.setValues(INPUT, 0, [min(noted, CAPACITY), slot])
        print("ok", flush=True)
    serving.cancel()


asyncio.run(main())
